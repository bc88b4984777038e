import CSQLite
import Foundation
import PipelineTesting
import Synchronization

/// A disk between SQLite and the real one that remembers what was synced, so that a test can take the power away: what was not synced is then lost,
/// in part or whole. It can also be full, or fail to sync.
final class FaultyDisk: Sendable {
    static let name = "faulty"
    static let shared = FaultyDisk()

    private struct File {
        /// As of the last sync.
        var durable: [UInt8] = []
        /// Writes since then, in order; a truncation is a write of nil at its length.
        var pending: [(at: Int, bytes: [UInt8]?)] = []
    }
    private struct State {
        var files: [String: File] = [:]
        /// Folders whose files can grow to so many bytes only.
        var limits: [String: Int] = [:]
        var unsyncable: Set<String> = []
        var syncs: [String: Int] = [:]
    }
    private let state = Mutex(State())

    private init() { register() }

    // MARK: What a test may do

    /// Files of the folder can grow to `bytes` only; nil: without limit.
    func limit(_ folder: String, to bytes: Int?) { state.withLock { $0.limits[folder] = bytes } }

    /// Syncing files of the folder fails from now on.
    func failSyncs(of folder: String) { state.withLock { _ = $0.unsyncable.insert(folder) } }

    /// The power goes: writes the files of `folder` to `target` as they would be found. Of what was not synced a random part arrived, page by page.
    func losePower(_ folder: String, to target: String, _ random: SeededRandom) throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        let files = state.withLock { $0.files.filter { $0.key.hasPrefix(folder + "/") } }
        for (path, file) in files where !path.hasSuffix("-shm") {
            var bytes = file.durable
            for write in file.pending where random.below(2) == 0 { Self.apply(write, to: &bytes) }
            try Data(bytes).write(to: URL(fileURLWithPath: target + "/" + path.dropFirst(folder.count + 1)))
        }
    }

    // MARK: What SQLite does

    private static func apply(_ write: (at: Int, bytes: [UInt8]?), to image: inout [UInt8]) {
        guard let bytes = write.bytes else {
            if image.count > write.at { image.removeLast(image.count - write.at) }
            return
        }
        if image.count < write.at + bytes.count { image.append(contentsOf: repeatElement(0, count: write.at + bytes.count - image.count)) }
        image.replaceSubrange(write.at..<write.at + bytes.count, with: bytes)
    }

    fileprivate func write(_ path: String, at: Int, _ bytes: [UInt8]?) -> Int32 {
        state.withLock { state in
            if let bytes, state.limits.contains(where: { path.hasPrefix($0.key + "/") && at + bytes.count > $0.value }) { return SQLITE_FULL }
            state.files[path, default: File()].pending.append((at, bytes))
            return SQLITE_OK
        }
    }

    fileprivate func sync(_ path: String) -> Int32 {
        state.withLock { state in
            if state.unsyncable.contains(where: { path.hasPrefix($0 + "/") }) { return SQLITE_IOERR | 4 << 8 }  // SQLITE_IOERR_FSYNC
            for write in state.files[path]?.pending ?? [] { Self.apply(write, to: &state.files[path, default: File()].durable) }
            state.files[path]?.pending = []
            return SQLITE_OK
        }
    }

    fileprivate func forget(_ path: String) { state.withLock { $0.files[path] = nil } }

    private func register() {
        guard let real = sqlite3_vfs_find(nil) else { return }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: real.pointee)
        vfs.pointee.zName = UnsafePointer(strdup(Self.name))
        vfs.pointee.szOsFile = real.pointee.szOsFile + Int32(Handle.header)
        vfs.pointee.pAppData = UnsafeMutableRawPointer(real)
        vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
            guard let real = vfs?.pointee.pAppData?.assumingMemoryBound(to: sqlite3_vfs.self), let file else { return SQLITE_CANTOPEN }
            let code = real.pointee.xOpen(real, name, Handle.real(file), flags, outFlags)
            let path = name.map { String(cString: $0) } ?? ""
            Handle.set(file, path: path, methods: code == SQLITE_OK ? UnsafePointer(Handle.methods) : nil)
            return code
        }
        vfs.pointee.xDelete = { vfs, name, syncsFolder in
            guard let real = vfs?.pointee.pAppData?.assumingMemoryBound(to: sqlite3_vfs.self), let name else { return SQLITE_IOERR }
            FaultyDisk.shared.forget(String(cString: name))
            return real.pointee.xDelete(real, name, syncsFolder)
        }
        sqlite3_vfs_register(vfs, 0)
    }
}

/// An open file: SQLite's own header, the path, then the real file.
private enum Handle {
    static let header = 32

    final class Path: Sendable {
        let text: String
        init(_ text: String) { self.text = text }
    }

    static func real(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file!) + header).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func slot(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
        (UnsafeMutableRawPointer(file!) + 8).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    }

    static func set(_ file: UnsafeMutablePointer<sqlite3_file>, path: String, methods: UnsafePointer<sqlite3_io_methods>?) {
        file.pointee.pMethods = methods
        slot(file).pointee = Unmanaged.passRetained(Path(path)).toOpaque()
    }

    static func path(_ file: UnsafeMutablePointer<sqlite3_file>?) -> String {
        slot(file).pointee.map { Unmanaged<Path>.fromOpaque($0).takeUnretainedValue().text } ?? ""
    }

    static func methods(_ file: UnsafeMutablePointer<sqlite3_file>?) -> sqlite3_io_methods { real(file).pointee.pMethods.pointee }

    // Written once before the first file is opened, then only read.
    nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let made = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        made.initialize(to: sqlite3_io_methods())
        made.pointee.iVersion = 2
        made.pointee.xClose = { file in
            let code = methods(file).xClose(real(file))
            if let path = slot(file).pointee { Unmanaged<Path>.fromOpaque(path).release() }
            slot(file).pointee = nil
            return code
        }
        made.pointee.xRead = { file, into, count, at in methods(file).xRead(real(file), into, count, at) }
        made.pointee.xWrite = { file, from, count, at in
            let bytes = from.map { Array(UnsafeRawBufferPointer(start: $0, count: Int(count))) } ?? []
            let code = FaultyDisk.shared.write(path(file), at: Int(at), bytes)
            return code == SQLITE_OK ? methods(file).xWrite(real(file), from, count, at) : code
        }
        made.pointee.xTruncate = { file, length in
            _ = FaultyDisk.shared.write(path(file), at: Int(length), nil)
            return methods(file).xTruncate(real(file), length)
        }
        made.pointee.xSync = { file, flags in
            let code = FaultyDisk.shared.sync(path(file))
            return code == SQLITE_OK ? methods(file).xSync(real(file), flags) : code
        }
        made.pointee.xFileSize = { file, size in methods(file).xFileSize(real(file), size) }
        made.pointee.xLock = { file, lock in methods(file).xLock(real(file), lock) }
        made.pointee.xUnlock = { file, lock in methods(file).xUnlock(real(file), lock) }
        made.pointee.xCheckReservedLock = { file, result in methods(file).xCheckReservedLock(real(file), result) }
        made.pointee.xFileControl = { file, operation, argument in methods(file).xFileControl(real(file), operation, argument) }
        made.pointee.xSectorSize = { file in methods(file).xSectorSize(real(file)) }
        made.pointee.xDeviceCharacteristics = { file in methods(file).xDeviceCharacteristics(real(file)) }
        made.pointee.xShmMap = { file, region, size, extend, address in methods(file).xShmMap(real(file), region, size, extend, address) }
        made.pointee.xShmLock = { file, offset, count, flags in methods(file).xShmLock(real(file), offset, count, flags) }
        made.pointee.xShmBarrier = { file in methods(file).xShmBarrier(real(file)) }
        made.pointee.xShmUnmap = { file, delete in methods(file).xShmUnmap(real(file), delete) }
        return made
    }()
}
