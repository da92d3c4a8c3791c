//! TypeScript runs, and whatever is said of it names the lines that were written.

use crate::support::{load_error, run_files};

const SHOP: &str = "\
export enum Plan { Free, Pro = 'pro' }

export namespace tax {
  export const rate: number = 2;
}

export interface User {
  name: string;
  plan: Plan;
}

export class Cart {
  constructor(private readonly user: User) {}

  pay<T>(amount: T): T {
    if (this.user.plan === Plan.Pro) {
      throw new Error(`${this.user.name} has all`);
    }
    return amount;
  }
}
";

#[test]
fn modules_of_both_languages_import_each_other() {
    let main = "\
import { Options } from 'k6/options';
import { User, Plan, Cart, tax } from './lib/shop.ts';
import { twice } from './twice.js';

export const options: Options = { vus: 1, iterations: 1 };

function user(plan: Plan): User {
  return { name: 'a', plan };
}

export default function (): void {
  console.log(new Cart(user(Plan.Free)).pay<number>(twice(tax.rate)), Plan[0]);
  new Cart(user(Plan.Pro)).pay('x');
}
";
    let twice = "import { tax } from './lib/shop.ts';\nexport const twice = (n) => n * tax.rate;\n";
    let ran = run_files(
        &[
            ("main.js", "export { default, options } from './main.ts';"),
            ("main.ts", main),
            ("lib/shop.ts", SHOP),
            ("twice.js", twice),
        ],
        &[],
    );
    let log = ran.text();
    assert!(log.starts_with("info 4 Free\nthrew Error: a has all\n\tat pay (file://"), "{log}");
    for place in ["/lib/shop.ts:17:", "at default (file://", "/main.ts:13:"] {
        assert!(log.contains(place), "no {place} in {log}");
    }
}

#[test]
fn a_script_that_is_typescript_in_all_but_its_name() {
    let ran = run_files(&[("main.js", "export default (): void => console.log('x' as string);")], &[]);
    assert_eq!(ran.text(), "info x");
}

#[test]
fn exceptions_in_init_code_show_the_lines_that_were_written() {
    let main = "interface A {\n  b: string;\n}\n\nconst a: A = null!;\na.b;\nexport default () => {};\n";
    let error = load_error(&[("main.js", "export { default } from './main.ts';"), ("main.ts", main)]);
    assert!(
        error.contains("cannot read property 'b' of null") && error.contains("DIR/main.ts:6:"),
        "{error}"
    );
}

#[test]
fn what_is_wrong_before_anything_runs_has_its_place() {
    let error = load_error(&[
        ("main.js", "import './syntax.ts';\nimport './twice.ts';\nimport './lib';\n"),
        ("syntax.ts", "type A = {\n  b: string;\n};\nconst a: A = ;\n"),
        ("twice.ts", "let one: number = 1;\nlet one = 2;\n"),
        ("lib.ts", ""),
    ]);
    for part in [
        "DIR/syntax.ts:4:14: SyntaxError",
        "    4 | const a: A = ;",
        "DIR/twice.ts:1:5: SyntaxError: Identifier `one` has already been declared",
        "did you mean DIR/lib.ts? Extensions are not added",
    ] {
        assert!(error.contains(part), "no {part:?} in {error}");
    }
    let error = load_error(&[
        ("main.js", "import './main.ts';\n"),
        (
            "main.ts",
            "type Price = number;\n\nimport { pric } from './shop.ts';\nexport default (): Price => pric;\n",
        ),
        ("shop.ts", "export const price: number = 1;\n"),
    ]);
    assert!(error.contains("DIR/main.ts:3:10: `pric` is not exported by './shop.ts'"), "{error}");
    assert!(error.contains("did you mean `price`?"), "{error}");
}
