/* The pure rules: paths, names, addresses, ranges, penalties, passwords. */
import { expect } from 'chai';
import fc from 'fast-check';
import { systemClock, systemIds } from '../../src/clock.js';
import { addressGroup, isAllowed, parseNetwork } from '../../src/sftp/addresses.js';
import { fitsPassword, hashPassword, makePassword } from '../../src/sftp/password.js';
import { isCreatableName, pathText, resolvePath, unfinishedEnding } from '../../src/sftp/path.js';
import { Penalties } from '../../src/sftp/penalties.js';
import { WrittenRanges } from '../../src/sftp/ranges.js';
import { sftpLimits } from '../../src/sftp/settings.js';

const resolved = (text: string): string => {
  const path = resolvePath(text);
  return path.ok ? pathText(path.names) : 'refused';
};

describe('SFTP paths', () => {
  for (const [text, expected] of [
    ['', '/'],
    ['.', '/'],
    ['/', '/'],
    ['..', '/'],
    ['../../../etc/passwd', '/etc/passwd'],
    ['/upload/../../..//upload/./a', '/upload/a'],
    ['upload//a/', '/upload/a'],
    ['/upload/%2e%2e/a', '/upload/%2e%2e/a'],
    ['/upload/...', '/upload/...'],
    ['/upload/a\u0000b', 'refused'],
    ['/upload/a\nb', 'refused'],
    ['/upload/\u202etxt.a', 'refused'],
    ['\\upload\\a', 'refused'],
    [`/upload/${'a'.repeat(256)}`, 'refused'],
    [`/upload/${'水'.repeat(86)}`, 'refused'],
    [`/upload/${'水'.repeat(85)}`, `/upload/${'水'.repeat(85)}`],
    [`/${'a/'.repeat(17)}`, 'refused'],
    ['/a'.repeat(2_000), 'refused'],
  ] as const) {
    it(`${JSON.stringify(text).slice(0, 40)} is ${expected.slice(0, 40)}`, () => {
      expect(resolved(text)).to.equal(expected);
    });
  }

  it('no text leads above the root, and resolving twice changes nothing', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'upload', '%2e%2e', '...', ' ', '\\..');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const path = resolvePath(parts.join('/'));
        if (!path.ok) return;
        for (const name of path.names) expect(['', '.', '..']).not.to.include(name);
        expect(resolved(pathText(path.names))).to.equal(pathText(path.names));
      }),
    );
  });

  it('names that look like another may not be made', () => {
    for (const name of ['a ', ' a', 'a.', '..', '.', 'a:b', 'a?', 'a*', '\ta']) {
      expect(isCreatableName(name), JSON.stringify(name)).to.equal(false);
    }
    for (const name of ['A_DSDZ_39536_20240404.txt', 'a b', '.in.a', '对账.txt']) {
      expect(isCreatableName(name), name).to.equal(true);
    }
  });

  it('an unfinished ending is seen in any case, and is no whole name', () => {
    const endings = ['.filepart', '.tmp'];
    expect(unfinishedEnding('a.txt.FilePart', endings)).to.equal('.filepart');
    expect(unfinishedEnding('.tmp', endings)).to.equal(undefined);
    expect(unfinishedEnding('a.txt', endings)).to.equal(undefined);
  });
});

describe('SFTP addresses', () => {
  it('lists allow addresses and networks of both families', () => {
    const list = ['10.1.0.0/16', '203.0.113.7', '2001:db8::/32'];
    for (const one of ['10.1.255.1', '203.0.113.7', '::ffff:10.1.2.3', '2001:db8:1::5']) {
      expect(isAllowed(one, list), one).to.equal(true);
    }
    for (const one of ['10.2.0.1', '203.0.113.8', '2001:db9::1', '::1']) {
      expect(isAllowed(one, list), one).to.equal(false);
    }
    expect(isAllowed('192.0.2.1', [])).to.equal(true);
    expect(isAllowed('192.0.2.1', ['nonsense'])).to.equal(false);
  });
  it('what is no network is told', () => {
    for (const one of ['', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/8/8', 'host', '10.0.0.1/x']) {
      expect(parseNetwork(one), one).to.equal(undefined);
    }
  });
  it('IPv6 addresses are counted by their /64', () => {
    expect(addressGroup('2001:db8:0:1::5')).to.equal('2001:db8:0:1::/64');
    expect(addressGroup('2001:db8:0:1:ffff::9')).to.equal('2001:db8:0:1::/64');
    expect(addressGroup('::1')).to.equal('0:0:0:0::/64');
    expect(addressGroup('::ffff:192.0.2.1')).to.equal('192.0.2.1');
  });
});

describe('written ranges', () => {
  it('know how far a file reaches without a gap, in whatever order its parts came', () => {
    const parts = fc
      .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 })
      .map((ends) => [0, ...ends.sort((a, b) => a - b)])
      .map((places) => places.slice(1).map((end, i) => [places[i] ?? 0, end] as const))
      .chain((all) => fc.tuple(fc.constant(all.length), fc.shuffledSubarray(all)));
    fc.assert(
      fc.property(parts, ([, some]) => {
        const ranges = new WrittenRanges(0);
        const written = new Set<number>();
        for (const [start, end] of some) {
          ranges.add(start, end);
          for (let byte = start; byte < end; byte += 1) written.add(byte);
        }
        let contiguous = 0;
        while (written.has(contiguous)) contiguous += 1;
        expect(ranges.contiguous).to.equal(contiguous);
        expect(ranges.hasGap).to.equal(written.size > contiguous);
      }),
    );
  });
});

describe('failed SFTP logins', () => {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const limits = sftpLimits.parse({
    failuresPerAddressMax: 3,
    failuresPerAccountMax: 4,
    banMs: 1_000,
    failureWindowMs: 500,
  });

  it('are answered later each time, up to a limit', () => {
    const penalties = new Penalties(sftpLimits.parse({}), clock);
    const delays: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      delays.push(penalties.delayMs('192.0.2.1'));
      penalties.failed('192.0.2.1', 'a');
    }
    expect(delays).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(penalties.delayMs('192.0.2.2')).to.equal(500);
  });

  it('ban the address, and longer each time', () => {
    const penalties = new Penalties(limits, clock);
    const fail = () => [1, 2, 3].flatMap(() => penalties.failed('192.0.2.1', undefined));
    expect(fail()).to.deep.equal([{ kind: 'address', until: now + 1_000 }]);
    expect(penalties.addressBannedUntil('192.0.2.1')).to.equal(now + 1_000);
    expect(penalties.addressBannedUntil('192.0.2.2')).to.equal(undefined);
    now += 1_001;
    expect(penalties.addressBannedUntil('192.0.2.1')).to.equal(undefined);
    expect(fail()).to.deep.equal([{ kind: 'address', until: now + 2_000 }]);
  });

  it('ban the account when they come from many addresses', () => {
    const penalties = new Penalties(limits, clock);
    const bans = [1, 2, 3, 4].flatMap((i) => penalties.failed(`192.0.2.${i}`, 'platform'));
    expect(bans.map(({ kind }) => kind)).to.deep.equal(['account']);
    expect(penalties.accountBannedUntil('platform')).to.equal(now + 1_000);
  });

  it('are forgotten after the window, and after a login', () => {
    const penalties = new Penalties(limits, clock);
    penalties.failed('192.0.2.1', undefined);
    penalties.failed('192.0.2.1', undefined);
    now += 501;
    expect(penalties.failed('192.0.2.1', undefined)).to.deep.equal([]);
    penalties.failed('192.0.2.1', undefined);
    penalties.succeeded('192.0.2.1');
    expect(penalties.failed('192.0.2.1', undefined)).to.deep.equal([]);
  });
});

describe('SFTP passwords', () => {
  it('fit their own hash and no other, and nobody fits no hash', async () => {
    const hash = await hashPassword('a long password 密码', systemIds);
    expect(hash).not.to.contain('password');
    expect(await fitsPassword('a long password 密码', hash)).to.equal(true);
    expect(await fitsPassword('a long password', hash)).to.equal(false);
    expect(await fitsPassword('a long password 密码', undefined)).to.equal(false);
    expect(await hashPassword('a long password 密码', systemIds)).not.to.equal(hash);
  });
  it('an account that does not exist costs the same', async () => {
    const hash = await hashPassword('a long password', systemIds);
    const time = async (stored: string | undefined) => {
      const before = process.hrtime.bigint();
      await fitsPassword('guess guess guess', stored);
      return Number(process.hrtime.bigint() - before);
    };
    await time(hash);
    const ratios: number[] = [];
    for (let i = 0; i < 5; i += 1) ratios.push((await time(undefined)) / (await time(hash)));
    // The least disturbed of five; a missing calculation would be a thousandth.
    expect(ratios.sort((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)))[0]).to.be.within(0.5, 2);
  });
  it('made ones are long and differ', () => {
    expect(makePassword(systemIds)).to.match(/^[a-z2-9A]{20}$/);
    expect(makePassword(systemIds)).not.to.equal(makePassword(systemIds));
  });
});
