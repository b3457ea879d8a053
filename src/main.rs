//! The program; everything is in the library.

/// A quarter of the processor time of intake went into the system's allocator (docs/adr/0009-allocator.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    kulta::cli::main()
}
