import CSQLite

/// The shared memory of a write-ahead log: the index that its connections share, and their locks on it. It dies with the process.
struct SharedMemory: Sendable {
    /// Owns the regions: SQLite keeps pointers into them until it unmaps.
    // @unchecked: SQLite itself orders the accesses to the memory; the list is touched with the disk locked.
    private final class Regions: @unchecked Sendable {
        var list: [UnsafeMutableRawPointer] = []
        deinit { for region in list { region.deallocate() } }
    }
    private var regions: Regions?
    private var mapped: Set<Int> = []
    private var shared: [Int: UInt8] = [:], exclusive: [Int: UInt8] = [:]

    mutating func map(_ region: Int, size: Int, extend: Bool, for handle: Int) -> UnsafeMutableRawPointer? {
        let all = regions ?? Regions()
        regions = all
        mapped.insert(handle)
        while extend, all.list.count <= region {
            let fresh = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
            fresh.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            all.list.append(fresh)
        }
        return region < all.list.count ? all.list[region] : nil
    }

    mutating func unmap(for handle: Int) {
        mapped.remove(handle)
        shared[handle] = nil
        exclusive[handle] = nil
        if mapped.isEmpty { regions = nil }
    }

    mutating func lock(_ offset: Int, _ count: Int, _ flags: Int32, for handle: Int) -> Int32 {
        let mask = UInt8(truncatingIfNeeded: (1 << count - 1) << offset)
        if flags & SQLITE_SHM_UNLOCK != 0 {
            shared[handle, default: 0] &= ~mask
            exclusive[handle, default: 0] &= ~mask
            return SQLITE_OK
        }
        let others = exclusive.contains { $0.key != handle && $0.value & mask != 0 }
        if flags & SQLITE_SHM_SHARED != 0 {
            if others { return SQLITE_BUSY }
            shared[handle, default: 0] |= mask
        } else {
            if others || shared.contains(where: { $0.key != handle && $0.value & mask != 0 }) { return SQLITE_BUSY }
            exclusive[handle, default: 0] |= mask
        }
        return SQLITE_OK
    }
}
