//! The `plimsoll` command. See the library of the same name.

fn main() -> std::process::ExitCode {
    plimsoll::main_with(std::env::args_os())
}
