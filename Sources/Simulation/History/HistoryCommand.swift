import Glibc
import Pipeline

/// `passerelle-simulate --scenario bulk`: what a backlog of history costs the letters of today.
enum HistoryCommand {
    /// The milliseconds more that history may cost at p95.
    private static let allowed = 1000

    /// Runs the command; its exit code.
    static func run(_ arguments: some Sequence<String>) -> Int32 {
        guard let measure = parse(arguments) else {
            print(Command.help)
            return 2
        }
        var none = measure
        none.documents = 0
        guard let alone = result(none), let beside = result(measure) else {
            print("the engine gave up")
            return 1
        }
        let letters = measure.seconds * measure.letters
        print("\(measure.seconds) s, \(letters) letters of today before a far end that takes \(Int(measure.rate)) a second:")
        print("  alone: p95 \(alone.p95) ms")
        print(
            "  beside \(measure.documents) documents planned as \(measure.deliveryClass.rawValue): p95 \(beside.p95) ms; \(beside.history) of those left meanwhile"
        )
        guard alone.waits.count == letters, beside.waits.count == letters else {
            print("NOT ALLOWED: \(letters - alone.waits.count) letters alone and \(letters - beside.waits.count) beside history never arrived")
            return 1
        }
        if beside.p95 - alone.p95 > allowed {
            print("NOT ALLOWED: history costs \(beside.p95 - alone.p95) ms at p95, more than \(allowed)")
            return 1
        }
        // What the letters leave of the rate, but for a tenth.
        let share = min(Double(measure.documents), (measure.rate - Double(measure.letters)) * Double(measure.seconds)) * 0.9
        if Double(beside.history) < share {
            print("NOT ALLOWED: history stands still: \(beside.history) documents left, not \(Int(share))")
            return 1
        }
        return 0
    }

    private static func parse(_ arguments: some Sequence<String>) -> HistoryWorld.Measure? {
        var measure = HistoryWorld.Measure(), rest = Array(arguments)[...]
        while let word = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch word {
            case "--scenario": if value != "bulk" { return nil }
            case "--seconds": measure.seconds = Int(value) ?? 0
            case "--documents": measure.documents = Int(value) ?? -1
            case "--class":
                guard let one = DeliveryClass(rawValue: value) else { return nil }
                measure.deliveryClass = one
            default: return nil
            }
        }
        return measure.seconds < 1 || measure.documents < 0 ? nil : measure
    }

    /// In a folder of its own, in memory where there is such a disk.
    private static func result(_ measure: HistoryWorld.Measure) -> HistoryWorld.Result? {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((parent + "/passerelle-history-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for file in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] { unlink(folder + "/" + file) }
            rmdir(folder)
        }
        return try? HistoryWorld(measure, folder: folder).run()
    }
}
