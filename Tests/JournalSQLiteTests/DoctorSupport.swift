import Foundation
import Pipeline
import PipelineTesting
import Synchronization

@testable import JournalSQLite

/// A journal with all kinds of rows, closed, everything of it in its main file.
struct Sick {
    let scratch = Scratch(inMemory: true)
    let clock = ManualClock()
    /// What each message said.
    var texts: [Seq: String] = [:]
    var path: String { scratch.path + "/j" }
    var file: String { path + "/journal.sqlite" }

    init(_ count: Int = 240) async throws {
        let journal = try openJournal(path, clock: clock)
        let t = try await harness(journal, clock)
        for n in 0..<count {
            let text = n % 60 == 7 ? String(repeating: "PDF \(n) ", count: 12_000) : String(repeating: "letter \(n) ", count: 20 + n % 7 * 30)
            guard case .new(let seq) = try await t.accept(Acceptance(t.message("M\(n)", text, patient: UInt64(n % 9)))) else { throw CancellationError() }
            texts[seq] = text
            if n % 10 == 3 { continue }
            let token = Token(kind: "unique-id", value: "1.2.\(n)")
            let state: DeliveryState = n % 10 == 4 ? .held : n % 10 == 5 ? .queued : .active
            let planned = t.delivery(seq, lane: UInt64(n), state: state, tokens: [token], part: Part(id: "dr", notes: ["a": .text("b")]))
            _ = try await journal.plan(
                [Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [planned], search: [Token(kind: "document", value: "\(n)")], keep: "letters")], t.lease
            )
            if n % 10 > 5 { try await t.settle(planned.id) }
        }
        while try await !journal.scrub() {}
        await journal.close()
    }

    var bytes: [UInt8] {
        get { FileManager.default.contents(atPath: file).map { Array($0) } ?? [] }
        nonmutating set { _ = FileManager.default.createFile(atPath: file, contents: Data(newValue)) }
    }

    func check() throws -> [JournalFinding] { try JournalCheck.run(directory: path, digester: testDigester()) }

    func salvage() throws -> (SalvageReport, String) {
        let new = scratch.path + "/new-\(UUID().uuidString)"
        return (try JournalSalvage.run(directory: path, to: new, digester: testDigester(), now: clock.now), new)
    }

    /// Everything that a journal of the folder gives is what came, or is said to be damaged; how many messages it holds.
    func verify(_ folder: String) async throws -> Int {
        let journal = try openJournal(folder, clock: clock)
        do {
            let count = try await read(journal)
            await journal.close()
            return count
        } catch {
            await journal.close()
            throw error
        }
    }

    private func read(_ journal: SQLiteJournal) async throws -> Int {
        var before: Seq = 0, count = 0
        while true {
            let page = try await journal.find(.messages(before: before, limit: 50)).messages
            guard let last = page.last else { return count }
            before = last.message.seq
            for stored in page {
                count += 1
                do {
                    let bytes = try await journal.bytes(of: stored.message)
                    if bytes != Array((texts[stored.message.seq] ?? "").utf8) { throw Wrong(seq: stored.message.seq) }
                } catch JournalError.damaged {}
            }
        }
    }

    struct Wrong: Error { let seq: Seq }
}

/// Set once, read by many.
final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
