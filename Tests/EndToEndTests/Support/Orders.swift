import Foundation

/// Orders to `Tests/Fixtures/faults/faults.c`, which is preloaded into the program under test: a wall clock that steps, a disk that does not sync.
final class Orders {
    private let page: UnsafeMutableRawPointer
    /// To be put before a command.
    let prefix: [String]

    init(_ workspace: Workspace, folder: String) throws {
        let library = workspace.path("faults.so"), file = workspace.path("orders")
        try workspace.run("/usr/bin/cc", ["-shared", "-fPIC", "-O1", "-o", library, Workspace.root.path + "/Tests/Fixtures/faults/faults.c"])
        try workspace.write("orders", String(repeating: "\0", count: 4096))
        let descriptor = open(file, O_RDWR)
        defer { close(descriptor) }
        guard let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), page != MAP_FAILED else { throw Failure("mmap") }
        self.page = page
        prefix = ["/usr/bin/env", "LD_PRELOAD=\(library)", "PASSERELLE_ORDERS=\(file)", "PASSERELLE_FOLDER=\(folder)"]
    }

    deinit { munmap(page, 4096) }

    /// Seconds by which the wall clock is wrong.
    var clock: Int64 {
        get { page.load(as: Int64.self) }
        set { page.storeBytes(of: newValue, as: Int64.self) }
    }

    /// After so many more syncs, each fails with this error; 0: none fails.
    func failSyncs(after count: Int64, _ code: Int32) {
        page.storeBytes(of: count, toByteOffset: 8, as: Int64.self)
        page.storeBytes(of: code, toByteOffset: 16, as: Int32.self)
    }

    /// How many syncs were refused.
    var refused: Int { Int(page.load(fromByteOffset: 20, as: Int32.self)) }
}
