import Glibc

/// Files of a folder, written and taken so that neither a crash nor a reader ever sees half of one. Everything here blocks: for the I/O pool.
enum FolderFiles {
    /// A call of the system that failed.
    struct Failure: Error, Sendable {
        let call: String
        let code: Int32

        init(_ call: String, code: Int32 = errno) { (self.call, self.code) = (call, code) }

        /// Nothing that waiting mends: the folder is not there or not ours to write.
        var isOurSetup: Bool { [EACCES, EPERM, ENOENT, ENOTDIR, EROFS, ELOOP, ENAMETOOLONG].contains(code) }
        var text: String { "\(call): \(String(cString: strerror(code)))" }
    }

    /// Makes a folder and those above it.
    static func make(_ folder: String) throws(Failure) {
        var path = ""
        for part in folder.split(separator: "/", omittingEmptySubsequences: true) {
            path += (path.isEmpty && !folder.hasPrefix("/") ? "" : "/") + part
            if mkdir(path, 0o750) != 0, errno != EEXIST, errno != EISDIR, access(path, F_OK) != 0 { throw Failure("mkdir") }
        }
    }

    /// Writes a whole file: under a hidden name, synced, renamed, and the folder synced. A file of that name is replaced as a whole.
    static func write(_ bytes: [UInt8], _ name: String, in folder: String) throws(Failure) {
        let hidden = folder + "/." + name + ".part"
        let file = open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { throw Failure("open") }
        do throws(Failure) {
            try fill(file, bytes)
        } catch {
            close(file)
            unlink(hidden)
            throw error
        }
        guard close(file) == 0 else { throw Failure("close") }
        guard rename(hidden, folder + "/" + name) == 0 else { throw Failure("rename") }
        try sync(folder)
    }

    private static func fill(_ file: Int32, _ bytes: [UInt8]) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let wrote = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: done), bytes.count - done) }
            if wrote < 0, errno == EINTR { continue }
            guard wrote > 0 else { throw Failure("write") }
            done += wrote
        }
        guard fsync(file) == 0 else { throw Failure("fsync") }
    }

    /// Makes the names of a folder last.
    static func sync(_ folder: String) throws(Failure) {
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw Failure("open") }
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw Failure("fsync") }
    }

    /// A file as it lies in a folder.
    struct Entry: Sendable, Hashable {
        let name: String
        let size: Int
        /// When it was last written, in nanoseconds since 1970.
        let written: Int64
        /// Another number under the same name is another file.
        let inode: UInt64

        fileprivate init(_ name: String, _ facts: stat) {
            self.name = name
            size = Int(facts.st_size)
            written = Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec)
            inode = UInt64(facts.st_ino)
        }
    }

    /// A file as it was read.
    struct Content: Sendable {
        let entry: Entry
        let bytes: [UInt8]
    }

    /// The plain files of a folder whose name ends so, by name; hidden ones, folders and links are left alone.
    static func list(_ folder: String, suffix: String) throws(Failure) -> [Entry] {
        guard let handle = opendir(folder) else { throw Failure("opendir") }
        defer { closedir(handle) }
        var found: [Entry] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) { String(decodingCString: $0, as: UTF8.self) }
            }
            guard !name.hasPrefix("."), name.hasSuffix(suffix) else { continue }
            var facts = stat()
            guard lstat(folder + "/" + name, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
            found.append(Entry(name, facts))
        }
        return found.sorted { $0.name < $1.name }
    }

    /// A file that was listed; nil when it is gone, or was written or replaced since: then it is not known to be whole.
    static func read(_ listed: Entry, in folder: String) throws(Failure) -> Content? {
        let file = open(folder + "/" + listed.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if file < 0, errno == ENOENT { return nil }
        guard file >= 0 else { throw Failure("open") }
        defer { close(file) }
        let entry = try facts(file, listed.name)
        guard entry.size == listed.size, entry.written == listed.written else { return nil }
        let bytes = try drain(file, entry.size)
        // Somebody may have written while we read.
        guard bytes.count == entry.size, try facts(file, listed.name) == entry else { return nil }
        return Content(entry: entry, bytes: bytes)
    }

    private static func facts(_ file: Int32, _ name: String) throws(Failure) -> Entry {
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw Failure("fstat") }
        return Entry(name, facts)
    }

    /// Whether a file still lies there as it was: not written, not replaced.
    static func isUnchanged(_ entry: Entry, in folder: String) -> Bool {
        var facts = stat()
        return lstat(folder + "/" + entry.name, &facts) == 0 && Entry(entry.name, facts) == entry
    }

    /// Up to `size` bytes of an open file.
    private static func drain(_ file: Int32, _ size: Int) throws(Failure) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < buffer.count {
                let got = Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failed = true }
                if got <= 0 { return }
                count += got
            }
        }
        if failed { throw Failure("read") }
        return bytes
    }

    /// Deletes a file for good.
    static func delete(_ name: String, from folder: String) throws(Failure) {
        guard unlink(folder + "/" + name) == 0 || errno == ENOENT else { throw Failure("unlink") }
        try sync(folder)
    }

    /// Moves a file into another folder, under a name that is free there, which it gives back.
    @discardableResult
    static func move(_ name: String, from folder: String, to other: String) throws(Failure) -> String {
        try make(other)
        var free = name, number = 1
        while access(other + "/" + free, F_OK) == 0 {
            number += 1
            free = "\(number)-" + name
        }
        guard rename(folder + "/" + name, other + "/" + free) == 0 else { throw Failure("rename") }
        try sync(other)
        try sync(folder)
        return free
    }
}
