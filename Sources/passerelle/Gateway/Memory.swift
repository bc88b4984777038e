import CMalloc

/// How this process treats its memory.
enum Memory {
    /// Blocks over 1 MB are mapped on their own and go back to the system as soon as they are freed. By default glibc raises that limit to the
    /// largest block it ever saw freed: after one large document, the memory of the next ones would stay with the process.
    static func returnLargeBlocks() {
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 4 << 20)
    }
}
