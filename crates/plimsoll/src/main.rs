//! The `plimsoll` command. See the library of the same name.

/// Scripts allocate small things without end, on one thread each: that is what this allocator is made for. It
/// replaces `malloc` as well, which the script engine calls.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    plimsoll::main_with(std::env::args_os())
}
