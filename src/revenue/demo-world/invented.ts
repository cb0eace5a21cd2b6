/** Invented customers of the unit 90001, with the months behind them: nobody real, but as a water utility's data looks. */
import { addDays } from '../../clock.js';
import { type Day, fenOf, type Month, parseDay, parseMonth } from '../../protocol/values.js';
import type { NewCustomer } from '../builtin/add-customers.js';
import type { NewBill } from '../builtin/issue-bills.js';
import { type Chance, chanceOf } from './chance.js';
import { priced } from './tariff.js';

const SEED = 20_240_404;
const CUSTOMERS = 300;
const MONTHS = 4;

const surnames = [
  ...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈',
];
const given = [
  ...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红梅鑫宇浩然子涵欣怡雨桐思远嘉琪晓东海燕文博佳慧',
];
const roads = ['人民路', '解放大道', '滨江路', '新华街', '湖滨南路', '水厂路', '建设三路', '桃园巷'] as const;
const estates = ['翠湖花园', '金水湾', '阳光家园', '江景苑', '锦绣城', '书香门第'] as const;
const offices = [
  { office: '9000101', officeName: '城东营业所' },
  { office: '9000102', officeName: '城西营业所' },
  { office: '9000103', officeName: '开发区营业所' },
] as const;

export interface InventedCustomer {
  readonly customer: NewCustomer;
  readonly bills: readonly NewBill[];
  /** Paid its first two bills at the time. */
  readonly paidTwo: boolean;
  readonly agreement: boolean;
}

/** @param today decides the months; everything else is the same for ever */
export function inventedCustomers(today: Day): readonly InventedCustomer[] {
  const chance = chanceOf(SEED);
  return Array.from({ length: CUSTOMERS }, (_, index) => inventOne(chance, index, today));
}

function inventOne(chance: Chance, index: number, today: Day): InventedCustomer {
  const number = `00${90_010_000 + index}`;
  const name = nameOf(chance);
  const customer: NewCustomer = {
    customer: number,
    name,
    address: addressOf(chance),
    ...chance.pick<(typeof offices)[number]>(offices),
    customerClass: index % 20 === 7 ? '非居民' : '居民',
    // Every 25th shares the mobile of the one before: a landlord.
    mobile: `1390000${String(index % 25 === 24 ? index - 1 : index).padStart(4, '0')}`,
    idCard: `42000019${60 + chance.below(40)}0101${String(index).padStart(4, '0')}`,
    contact: name,
    province: { code: '420000', name: '湖北省' },
    city: { code: '429000', name: '演示市' },
    countyCode: '429001',
    oldCustomer: `YS${String(index).padStart(6, '0')}`,
    state: index === CUSTOMERS - 1 ? 'closed' : index === CUSTOMERS - 2 ? 'unpayable' : 'active',
    lateFeeExempt: index % 50 === 11,
    prepaid: fenOf(index % 6 === 5 ? BigInt(chance.below(20_000)) : 0n),
  };
  const bills = chance.below(12) === 0 ? [] : billsOf(chance, number, index, today);
  return { customer, bills, paidTwo: bills.length > 0 && chance.below(10) < 4, agreement: index % 7 === 3 };
}

function nameOf(chance: Chance): string {
  const letter = (from: readonly string[]) => from[chance.below(from.length)] ?? '';
  return letter(surnames) + letter(given) + (chance.below(4) === 0 ? '' : letter(given));
}

const addressOf = (chance: Chance): string =>
  `演示市${chance.pick(roads)}${1 + chance.below(200)}号${chance.pick(estates)}` +
  `${1 + chance.below(30)}栋${1 + chance.below(6)}单元${100 * (1 + chance.below(18)) + 1 + chance.below(4)}室`;

function billsOf(chance: Chance, customer: string, index: number, today: Day): readonly NewBill[] {
  let reading = 100 + chance.below(2000);
  let yearVolume = chance.below(60);
  return Array.from({ length: MONTHS }, (_, back) => {
    const month = monthBack(today, MONTHS - back);
    const volume = 3 + chance.below(38);
    const previous = reading;
    reading += volume;
    yearVolume += volume;
    const { amount, fees, tiers } = priced(volume);
    const readOn = dayOf(month, '25');
    const previousRead = addDays(readOn, -30);
    return {
      bill: `9${month}${String(index).padStart(6, '0')}`,
      customer,
      month,
      amount,
      issuedOn: addDays(readOn, 7),
      lateFeeFrom: addDays(readOn, 38),
      volume: String(volume),
      yearVolume: String(yearVolume),
      previousReading: String(previous),
      currentReading: String(reading),
      multiplier: '1',
      previousReadDay: previousRead,
      currentReadDay: readOn,
      tiered: true,
      fees,
      readings: [
        [
          `SB${String(index).padStart(8, '0')}`,
          '总表',
          String(previous),
          String(reading),
          '1',
          String(volume),
        ].concat([previousRead, readOn, '', '']),
      ],
      tiers,
    };
  });
}

function monthBack(day: Day, months: number): Month {
  const count = Number(day.slice(0, 4)) * 12 + Number(day.slice(4, 6)) - 1 - months;
  const month = parseMonth(`${Math.floor(count / 12)}${String((count % 12) + 1).padStart(2, '0')}`);
  if (month === undefined) throw new RangeError(`no month ${months} before ${day}`);
  return month;
}
function dayOf(month: Month, day: string): Day {
  const found = parseDay(month + day);
  if (found === undefined) throw new RangeError(`no such day: ${month}${day}`);
  return found;
}
