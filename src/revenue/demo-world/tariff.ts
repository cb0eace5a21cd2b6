/** The demo's price of water: three tiers by month, sewage and resource charges, all in whole fen per m³. */
import { type Fen, fenOf } from '../../protocol/values.js';
import { sumFen, yuanText } from '../money.js';

const tiers = [
  { name: '第一阶梯', from: 0, to: 18, priceFen: 205n },
  { name: '第二阶梯', from: 18, to: 26, priceFen: 308n },
  { name: '第三阶梯', from: 26, to: 9999, priceFen: 615n },
] as const;
const charges = [
  { code: '02', name: '污水处理费', priceFen: 95n },
  { code: '03', name: '水资源费', priceFen: 20n },
] as const;

export interface Priced {
  readonly amount: Fen;
  /** 10 values: code, name, m³, price, amount, five empty. */
  readonly fees: readonly (readonly string[])[];
  /** 7 values: number, name, from, to, price, m³, amount. */
  readonly tiers: readonly (readonly string[])[];
}

/** What so many m³ in a month cost. */
export function priced(volume: number): Priced {
  const used = tiers.flatMap((tier, index) => {
    const inTier = Math.min(volume, tier.to) - tier.from;
    if (inTier <= 0) return [];
    const cost = fenOf(BigInt(inTier) * tier.priceFen);
    const price = yuanText(fenOf(tier.priceFen));
    const row = [index + 1, tier.name, tier.from, tier.to, price, inTier, yuanText(cost)].map(String);
    return [{ cost, row }];
  });
  const water = sumFen(used.map((tier) => tier.cost));
  const others = charges.map((charge) => ({ ...charge, cost: fenOf(BigInt(volume) * charge.priceFen) }));
  const feeRow = (code: string, name: string, price: string, cost: Fen) =>
    [code, name, String(volume), price, yuanText(cost)].concat(['', '', '', '', '']);
  return {
    amount: sumFen([water, ...others.map((charge) => charge.cost)]),
    fees: [
      feeRow('01', '水费', '', water),
      ...others.map((one) => feeRow(one.code, one.name, yuanText(fenOf(one.priceFen)), one.cost)),
    ],
    tiers: used.map((tier) => tier.row),
  };
}
