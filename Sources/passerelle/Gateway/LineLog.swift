import Console
import Glibc
import Logging
import Pipeline

/// One line an event on standard error: time, level, text. Under systemd the journal writes the time, and the level goes before as `<N>`.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let isSystemd = getenv("JOURNAL_STREAM") != nil

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var text = isSystemd ? "<\(Self.priority(event.level))>" : SystemTime().now.text + " \(event.level) "
        text += "\(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
        // A line stays a line, whatever a far end wrote into it.
        var line = text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        line.append(0x0A)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
