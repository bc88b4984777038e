import CSQLite
import Glibc
import Synchronization

/// The disk as a SQLite VFS.
extension FakeDisk {
    private static let registered: Bool = {
        guard let real = sqlite3_vfs_find(nil) else { return false }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: real.pointee)
        vfs.pointee.zName = UnsafePointer(strdup(FakeDisk.vfs))
        vfs.pointee.szOsFile = Int32(OpenFile.size)
        vfs.pointee.pNext = nil
        vfs.pointee.xOpen = { _, name, file, flags, outFlags in
            guard let file, let name, let disk = FakeDisk.find(String(cString: name)) else { return SQLITE_CANTOPEN }
            outFlags?.pointee = flags
            return OpenFile.open(file, on: disk, path: String(cString: name), creates: flags & SQLITE_OPEN_CREATE != 0)
        }
        vfs.pointee.xDelete = { _, name, _ in
            guard let name, let disk = FakeDisk.find(String(cString: name)) else { return SQLITE_IOERR }
            let path = String(cString: name)
            return disk.state.withLock { $0.files.removeValue(forKey: path) != nil } ? SQLITE_OK : SQLITE_IOERR | 23 << 8  // SQLITE_IOERR_DELETE_NOENT
        }
        vfs.pointee.xAccess = { _, name, question, result in
            guard let name, let disk = FakeDisk.find(String(cString: name)) else { return SQLITE_IOERR }
            let path = String(cString: name)
            // As on a real system: a file without bytes counts as none.
            let size = disk.size(path)
            result?.pointee = size.map { $0 > 0 || question != SQLITE_ACCESS_EXISTS } ?? false ? 1 : 0
            return SQLITE_OK
        }
        vfs.pointee.xFullPathname = { _, name, count, out in
            guard let name, let out, strlen(name) < Int(count) else { return SQLITE_CANTOPEN }
            strcpy(out, name)
            return SQLITE_OK
        }
        return sqlite3_vfs_register(vfs, 0) == SQLITE_OK
    }()

    static func register() { _ = registered }
}

/// An open file: SQLite's own header, then who it is.
private enum OpenFile {
    static let size = 32

    final class Identity: Sendable {
        let disk: FakeDisk, path: String, handle: Int
        init(_ disk: FakeDisk, _ path: String, _ handle: Int) { (self.disk, self.path, self.handle) = (disk, path, handle) }
    }

    private static func slot(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
        (UnsafeMutableRawPointer(file) + 8).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    }

    static func open(_ file: UnsafeMutablePointer<sqlite3_file>, on disk: FakeDisk, path: String, creates: Bool) -> Int32 {
        let handle = disk.state.withLock { state -> Int? in
            if state.files[path] == nil {
                if !creates { return nil }
                state.files[path] = FakeDisk.File()
            }
            defer { state.nextHandle += 1 }
            return state.nextHandle
        }
        guard let handle else {
            file.pointee.pMethods = nil
            return SQLITE_CANTOPEN
        }
        file.pointee.pMethods = UnsafePointer(methods)
        slot(file).pointee = Unmanaged.passRetained(Identity(disk, path, handle)).toOpaque()
        return SQLITE_OK
    }

    /// What the calls below have in common: the file is there, and its disk is locked meanwhile.
    private static func with(_ file: UnsafeMutablePointer<sqlite3_file>?, _ body: (inout FakeDisk.File, Int) -> Int32) -> Int32 {
        guard let file, let raw = slot(file).pointee else { return SQLITE_IOERR }
        let me = Unmanaged<Identity>.fromOpaque(raw).takeUnretainedValue()
        return me.disk.state.withLock { state in
            guard let at = state.files.index(forKey: me.path) else { return SQLITE_IOERR }
            return body(&state.files.values[at], me.handle)
        }
    }

    private static func identity(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Identity? {
        file.flatMap { slot($0).pointee }.map { Unmanaged<Identity>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func lock(_ file: UnsafeMutablePointer<sqlite3_file>?, _ level: Int32) -> Int32 {
        with(file) { file, handle in
            let others = file.locks.filter { $0.key != handle }.values.max() ?? SQLITE_LOCK_NONE
            let isFree =
                switch level {
                case SQLITE_LOCK_SHARED: others < SQLITE_LOCK_PENDING
                case SQLITE_LOCK_RESERVED: others < SQLITE_LOCK_RESERVED
                default: others == SQLITE_LOCK_NONE
                }
            if isFree { file.locks[handle] = level }
            return isFree ? SQLITE_OK : SQLITE_BUSY
        }
    }

    private static func close(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
        _ = with(file) { file, handle in
            file.locks[handle] = nil
            return SQLITE_OK
        }
        guard let file, let raw = slot(file).pointee else { return SQLITE_OK }
        Unmanaged<Identity>.fromOpaque(raw).release()
        slot(file).pointee = nil
        return SQLITE_OK
    }

    private static func read(_ file: UnsafeMutablePointer<sqlite3_file>?, _ into: UnsafeMutableRawPointer?, _ count: Int, _ at: Int) -> Int32 {
        with(file) { file, _ in
            guard let into else { return SQLITE_IOERR }
            let there = max(0, min(count, file.image.count - at))
            file.image.withUnsafeBytes { image in
                if there > 0, let base = image.baseAddress { memcpy(into, base + at, there) }
            }
            if there == count { return SQLITE_OK }
            memset(into + there, 0, count - there)
            return SQLITE_IOERR | 2 << 8  // SQLITE_IOERR_SHORT_READ
        }
    }

    // Written once before the first file is opened, then only read.
    nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let made = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        made.initialize(to: sqlite3_io_methods())
        made.pointee.iVersion = 2
        made.pointee.xClose = { close($0) }
        made.pointee.xRead = { file, into, count, at in read(file, into, Int(count), Int(at)) }
        made.pointee.xWrite = { file, from, count, at in
            guard let me = identity(file), let from else { return SQLITE_IOERR }
            return me.disk.write(me.path, FakeDisk.Write(at: Int(at), bytes: Array(UnsafeRawBufferPointer(start: from, count: Int(count)))))
        }
        made.pointee.xTruncate = { file, length in
            guard let me = identity(file) else { return SQLITE_IOERR }
            return me.disk.write(me.path, FakeDisk.Write(at: Int(length), bytes: nil))
        }
        made.pointee.xSync = { file, _ in
            guard let me = identity(file) else { return SQLITE_IOERR }
            return me.disk.sync(me.path)
        }
        made.pointee.xFileSize = { file, size in
            with(file) { file, _ in
                size?.pointee = Int64(file.image.count)
                return SQLITE_OK
            }
        }
        made.pointee.xLock = { lock($0, $1) }
        made.pointee.xUnlock = { file, level in
            with(file) { file, handle in
                file.locks[handle] = level
                return SQLITE_OK
            }
        }
        made.pointee.xCheckReservedLock = { file, result in
            with(file) { file, _ in
                result?.pointee = file.locks.values.contains { $0 >= SQLITE_LOCK_RESERVED } ? 1 : 0
                return SQLITE_OK
            }
        }
        made.pointee.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
        made.pointee.xSectorSize = { _ in 4096 }
        // A write disturbs no byte outside of it: what SQLite assumes of the disks that it runs on.
        made.pointee.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
        made.pointee.xShmMap = { file, region, size, extend, address in
            with(file) { file, handle in
                address?.pointee = file.shared.map(Int(region), size: Int(size), extend: extend != 0, for: handle)
                return SQLITE_OK
            }
        }
        made.pointee.xShmLock = { file, offset, count, flags in with(file) { $0.shared.lock(Int(offset), Int(count), flags, for: $1) } }
        made.pointee.xShmBarrier = { _ in atomicMemoryFence(ordering: .sequentiallyConsistent) }
        made.pointee.xShmUnmap = { file, _ in
            with(file) { file, handle in
                file.shared.unmap(for: handle)
                return SQLITE_OK
            }
        }
        return made
    }()
}
