//! The program; everything is in the library.

/// A quarter of the processor time of intake went into the system's allocator (docs/adr/0029-jemalloc.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    kulta::cli::main()
}
