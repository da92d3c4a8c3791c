//! Where scripts come from: files of both languages, and standard input.

use crate::support::{Finished, Folder, finish_with_input};

async fn piped(folder: &Folder, arguments: &str, script: &str) -> Finished {
    finish_with_input(folder.command(arguments), script.as_bytes()).await
}

#[tokio::test]
async fn a_script_from_standard_input() {
    let folder = Folder::new();
    folder.write("lib.js", "export const two = 2;");
    folder.write("data.txt", "some data");
    let script = "
        import { two } from './lib.js';
        const data = open('data.txt');
        export default function () { console.log(data, two); throw new Error('enough'); }";
    let end = piped(&folder, "run -", script).await.code(0);
    end.says(&["        script: -\n", "msg=\"some data 2\"", r"at default (file:///-:4:"]);
}

#[tokio::test]
async fn typescript_from_standard_input() {
    let script = "type Name = string;\nexport default (): void => console.log('typed' as Name);";
    piped(&Folder::new(), "run --quiet -", script).await.code(0).says(&["msg=typed"]);
    let end = piped(&Folder::new(), "run --quiet -", "let a: number = 1;\nlet b = ;").await.code(107);
    end.shows_nothing().says(&["-:2:9: SyntaxError", "2 | let b = ;"]);
    let end = piped(&Folder::new(), "run --quiet -", "").await.code(255);
    end.shows_nothing().says(&["- exports no function to run"]);
}

#[tokio::test]
async fn a_typescript_file() {
    let folder = Folder::new();
    let script = "
        interface User { name: string }
        export const options = { thresholds: { iterations: ['count==1'] } };
        function buy(user: User): never { throw new Error(user.name); }
        export default function (): void { buy({ name: 'alice' }); }";
    folder.write("test.ts", script);
    let end = folder.plimsoll("run --quiet test.ts").await.code(0);
    end.says(&[r"Error: alice\n\tat buy (file:///", "test.ts:4:", "test.ts:5:"]);
}
