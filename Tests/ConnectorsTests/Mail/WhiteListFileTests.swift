import Foundation
import France
import Logging
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import Connectors

@Suite("The file of the white list (mssante-xdm §1.4)")
struct WhiteListFileTests {
    /// What was logged, by level.
    private struct Lines: LogHandler {
        final class Kept: Sendable {
            let lines = Mutex<[String]>([])
        }
        let kept: Kept
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) { kept.lines.withLock { $0.append("\(event.level) \(event.message)") } }
    }

    private let list = TemporaryFile("white-list.xml")
    private var path: String { list.path }
    /// 2026-01-15, the day of the list, at noon.
    private let clock = ManualClock(Instant(milliseconds: 1_768_478_400_000))
    private let kept = Lines.Kept()

    private var lines: [String] { kept.lines.withLock { $0 } }

    private func file(_ date: String = "2026-01-15") throws -> WhiteListFile {
        try write(date)
        return try WhiteListFile(path, time: clock, logger: Logger(label: "test") { [kept] _ in Lines(kept: kept) })
    }

    private func write(_ date: String) throws {
        try "<l><DateDeGeneration>\(date)</DateDeGeneration><Domaine><Nom>essai.mssante.example</Nom></Domaine></l>"
            .write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test("its age is told at start; once it is older than 7 days an alert says so, once a day, until a newer list comes")
    func old() throws {
        let file = try file()
        #expect(lines == ["notice white list: 1 domains, 0 days old"])
        clock.advance(by: .seconds(7 * 86_400))
        _ = file.current()
        #expect(lines.count == 1)
        clock.advance(by: .seconds(86_400))
        for _ in 0..<3 { _ = file.current() }
        #expect(lines.dropFirst() == ["warning alert P0653 white list: 1 domains, 8 days old"])
        clock.advance(by: .seconds(86_399))
        _ = file.current()
        #expect(lines.count == 2)
        clock.advance(by: .seconds(1))
        _ = file.current()
        #expect(lines.last == "warning alert P0653 white list: 1 domains, 9 days old" && lines.count == 3)
        try write("2026-01-24")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
        clock.advance(by: .seconds(86_400))
        #expect(file.current().generated == "2026-01-24")
        #expect(lines.filter { $0.contains("P0653") }.count == 2)
    }

    @Test("a list that is old, or does not say its date, is an alert from the start, and a day later", arguments: ["2026-01-07", "hier"])
    func oldAtStart(_ date: String) throws {
        let file = try file(date)
        _ = file.current()
        #expect(lines.count == 1 && lines[0].hasPrefix("warning alert P0653"))
        clock.advance(by: .seconds(86_400))
        _ = file.current()
        #expect(lines.count == 2)
    }
}
