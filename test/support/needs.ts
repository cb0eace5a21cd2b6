import { execFileSync } from 'node:child_process';
import { describe } from 'mocha';

/**
 * A group of tests that needs something of the machine. Where it is missing, one visible line says so and the group is not declared;
 * with `CI=true` a failing test stands in its place, so that a missing server never looks green.
 */
export function describeWith(
  need: { readonly name: string; readonly missing: string | undefined },
  title: string,
  body: () => void,
): void {
  if (need.missing === undefined) {
    describe(title, body);
  } else if (process.env.CI === 'true') {
    describe(title, () => {
      it(`needs ${need.name}`, () => {
        throw new Error(`${need.name} is not here: ${need.missing}`);
      });
    });
  } else {
    console.log(`not here: ${need.name} (${need.missing}); left out: ${title}`);
  }
}

/** A need for a program in the path. */
export function program(name: string, hint: string) {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return { name, missing: undefined };
  } catch {
    return { name, missing: `apt-get install ${hint}` };
  }
}
