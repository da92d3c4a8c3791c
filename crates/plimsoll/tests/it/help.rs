//! The help: a line for each flag, or a paragraph.

use crate::support::Folder;

#[tokio::test]
async fn the_short_help_of_run() {
    let help = Folder::new().plimsoll("run -h").await.code(0).stdout;
    insta::assert_snapshot!(help);
}

#[tokio::test]
async fn the_long_help_of_run() {
    let help = Folder::new().plimsoll("run --help").await.code(0).stdout;
    insta::assert_snapshot!(help);
}

#[tokio::test]
async fn help_fits_a_page_and_has_every_flag_twice() {
    let folder = Folder::new();
    let short = folder.plimsoll("inspect -h").await.code(0).stdout;
    let long = folder.plimsoll("inspect --help").await.code(0).stdout;
    let is_flag = |line: &&str| line.starts_with("  -") || line.starts_with("      --");
    let flags = |help: &str| help.lines().filter(is_flag).count();
    assert!(flags(&short) > 50, "{short}");
    assert_eq!(flags(&short), flags(&long));
    for line in short.lines().chain(long.lines()) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[tokio::test]
async fn a_slip_of_the_finger_is_met_with_a_suggestion() {
    for (arguments, suggestion) in [
        ("run --vuss 3 test.js", "'--vus'"),
        ("inspect --execution-requirement test.js", "'--execution-requirements'"),
        ("run --log-ouput none test.js", "'--log-output'"),
        ("inspct test.js", "'inspect'"),
    ] {
        let end = Folder::with("export default function () {}").plimsoll(arguments).await.code(255);
        end.shows_nothing().says(&["error: ", suggestion]);
    }
}
