import Glibc
import Pipeline
import Synchronization

/// Whether the disk has room for new messages: a full queue must always be able to drain, so the intake stops while there is still room to
/// settle every open delivery. Asked for each message: looks at the disk at most every 250 ms.
final class Room: Sendable {
    /// Bytes kept free for settling one open delivery: measured 2 KB with an emitted message of 1.5 KB (a test measures it again), and as much in hand.
    static let settlement = 4096
    private static let pause: UInt64 = 250_000_000

    private let folder: String
    /// Free bytes kept for the rest of the system and for checkpoints.
    private let ballast: Int
    /// Pages of log above which nothing is taken in: a forgotten reader keeps the log from being reused.
    private let walLimit: Int
    /// Pages of log at which a person should look.
    let walAlarm: Int
    private let open = Atomic<Int>(0)
    private let walPages = Atomic<Int>(0)
    private let checked = Atomic<UInt64>(0)
    private let free = Atomic<Int>(Int.max)

    init(folder: String, ballast: Int, walLimitPages: Int, walAlarmPages: Int) {
        (self.folder, self.ballast, walLimit, walAlarm) = (folder, ballast, walLimitPages, walAlarmPages)
    }

    /// What the writer knows after a group.
    func update(open: Int, walPages: Int) {
        self.open.store(open, ordering: .relaxed)
        self.walPages.store(walPages, ordering: .relaxed)
    }

    var hasRoom: Bool {
        let now = Uptime.now, last = checked.load(ordering: .relaxed)
        if now > last + Self.pause, checked.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged {
            free.store(Self.freeBytes(folder) ?? 0, ordering: .relaxed)
        }
        return free.load(ordering: .relaxed) >= ballast + open.load(ordering: .relaxed) * Self.settlement && walPages.load(ordering: .relaxed) < walLimit
    }

    /// What a person should see to: the log, or the disk.
    var strain: Reason? {
        let isOpen = hasRoom, pages = walPages.load(ordering: .relaxed)
        if pages >= walLimit { return JournalReasons.logFull }
        if !isOpen { return Reasons.full }
        return pages >= walAlarm ? JournalReasons.logGrows : nil
    }

    static func freeBytes(_ folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
