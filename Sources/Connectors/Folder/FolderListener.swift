import HL7v2
import Logging
package import Pipeline
import ServiceLifecycle
import Synchronization

/// `folder`: takes each file of a folder as a message, in the order of names. A file leaves the folder only once it is journaled and judged,
/// so a crash makes it come again, and the journal knows it.
package struct FolderListener: Listener {
    package static let spec = Spec(
        "folder", Text(fr: "prend chaque fichier d'un dossier comme message", en: "takes each file of a folder as a message"),
        [
            Field("path", .text, required: true, Text(fr: "le dossier", en: "the folder"), example: "var/inbox"),
            Field("facility", .name(of: "facility"), required: true, Text(fr: "l'établissement de ces messages", en: "the facility of these messages")),
            Field(
                "partner", .text, default: "folder",
                Text(fr: "leur partenaire (MSH-3|MSH-4 de partners pour les accusés)", en: "their partner (MSH-3|MSH-4 of partners for answers)")),
            Field("format", .choice(["hl7v2", "mail", "bytes"]), default: "hl7v2", Text(fr: "leur format", en: "their format")),
            Field("suffix", .text, default: "", Text(fr: "fin de leur nom", en: "end of their names"), example: ".hl7"),
            Field(
                "after", .choice(["move", "delete"]), default: "move",
                Text(fr: "une fois pris : dans done/, ou supprimé", en: "once taken: into done/, or deleted")),
            Field("every", .duration, default: "1 s", Text(fr: "temps entre deux regards", en: "time between two looks")),
            Field(
                "still", .duration, default: "2 s", Text(fr: "temps sans écriture avant de lire un fichier", en: "time without writing before a file is read")),
            Field("size", .bytes, default: "50 MB", Text(fr: "taille maximale", en: "largest size")),
            Field(
                "reused_control_id", .choice(["refuse", "accept"]), default: "refuse",
                Text(fr: "un identifiant déjà vu, avec un autre contenu", en: "a control id seen before, with other content")),
        ])

    private let name: String
    private let folder: String
    private let suffix: String
    private let deletes: Bool
    private let every: Duration
    private let still: Duration
    private let limit: Int
    private let engine: EngineServices
    private let reception: FolderReception

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        name = scope.name
        folder = Path.join(scope.node.folder, fields.text("path") ?? "")
        suffix = fields.text("suffix") ?? ""
        deletes = fields.text("after") == "delete"
        every = max(fields.duration("every") ?? .seconds(1), .milliseconds(10))
        still = fields.duration("still") ?? .seconds(2)
        limit = fields.integer("size") ?? 50_000_000
        engine = scope.engine
        let facility = fields.text("facility") ?? ""
        reception = FolderReception(
            listener: scope.name, partner: Partner(facility: facility, name: fields.text("partner") ?? "folder"),
            format: fields.text("format") ?? "hl7v2", ipp: scope.facilities[facility]?.identifiers["ipp"],
            rule: fields.text("reused_control_id") == "accept" ? .acceptReuse : .refuseReuse, engine: scope.engine)
    }

    package var owns: [String] { ["folder:" + folder] }
    package var boundPort: Int? { get async { nil } }

    /// Looks until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                await engine.time.sleep(until: engine.time.now + every)
            }
        }
    }

    /// One look: what lies there is handed in, in order; what was decided is put away.
    func look() async {
        let found = await engine.io.run(name) { [folder, suffix] in
            Result { () throws(FolderFiles.Failure) in
                try FolderFiles.make(folder)
                return try FolderFiles.list(folder, suffix: suffix)
            }
        }
        switch found {
        case .failure(let failure): engine.logger.error("folder \(name): \(failure.text)")
        case .success(let entries):
            // The clock shows whole milliseconds, a file's time more: what was written within this one is not of the future.
            let limit = (engine.time.now.milliseconds + 1 - Int64(still / .milliseconds(1))) * 1_000_000
            for group in Self.groups(entries.filter { $0.written < limit }) {
                if Task.isCancelled { return }
                if await take(group) == false { return }
            }
        }
    }

    /// Up to 64 files or 4 MB at a time: one group of the journal, little memory. A large file is a group of its own: the journal writes it
    /// beside its thread, and a small one handed in behind it would overtake it.
    private static func groups(_ entries: [FolderFiles.Entry]) -> [[FolderFiles.Entry]] {
        var groups: [[FolderFiles.Entry]] = [], size = 0, isAlone = false
        for entry in entries {
            let isLarge = entry.size > 65_536
            if groups.isEmpty || isLarge || isAlone || groups[groups.count - 1].count == 64 || size + entry.size > 4_000_000 {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(entry)
            size += entry.size
            isAlone = isLarge
        }
        return groups
    }

    /// Hands a group in and waits for its answers; false when the journal takes nothing now, or a file could not be read: what is behind it
    /// must not overtake it.
    private func take(_ group: [FolderFiles.Entry]) async -> Bool {
        let (handed, isWhole) = await read(group)
        let answers = await Self.answers(handed.map(\.received), engine.intake)
        for (index, answer) in answers.enumerated() { await putAway(handed[index].entry, answer) }
        return isWhole && !answers.contains { if case .later = $0 { true } else { false } }
    }

    /// A file, read and understood.
    private typealias Handed = (entry: FolderFiles.Entry, received: FolderReception.Received)

    /// The files of a group, up to the first that cannot be read now. One that changed since it was listed is left for the next look.
    private func read(_ group: [FolderFiles.Entry]) async -> (handed: [Handed], isWhole: Bool) {
        var handed: [Handed] = []
        for entry in group {
            guard entry.size <= limit else {
                await putAway(entry, .rejected([Finding(.error, FolderReception.tooLarge)]))
                continue
            }
            let content = await engine.io.run(name) { [folder] in
                Result { () throws(FolderFiles.Failure) in try FolderFiles.read(entry, in: folder) }
            }
            switch content {
            case .success(let content?): handed.append((content.entry, reception.read(content.bytes, name: entry.name)))
            case .success(nil): continue
            case .failure(let failure):
                engine.logger.error("folder \(name): \(failure.text)")
                // What waiting does not mend holds up no other: a file that is not ours to read would do so for ever.
                if !failure.isOurSetup { return (handed, false) }
            }
        }
        return (handed, true)
    }

    /// Hands in all of them in order, then waits for all answers.
    private static func answers(_ received: [FolderReception.Received], _ intake: any Intake) async -> [Answer] {
        guard !received.isEmpty else { return [] }
        let waiting = Waiting(received.count)
        return await withCheckedContinuation { continuation in
            waiting.start(continuation)
            for (index, one) in received.enumerated() {
                intake.receive(one.acceptance, content: one.content) { waiting.put($0, at: index) }
            }
        }
    }

    /// Answers that come from any thread; the last one wakes who waits.
    private final class Waiting: Sendable {
        private struct State {
            var answers: [Answer?]
            var missing: Int
            var continuation: CheckedContinuation<[Answer], Never>?
        }
        private let state: Mutex<State>

        init(_ count: Int) { state = Mutex(State(answers: Array(repeating: nil, count: count), missing: count)) }

        func start(_ continuation: CheckedContinuation<[Answer], Never>) { state.withLock { $0.continuation = continuation } }

        func put(_ answer: Answer, at index: Int) {
            let done = state.withLock { state -> (CheckedContinuation<[Answer], Never>, [Answer])? in
                guard state.answers[index] == nil else { return nil }
                state.answers[index] = answer
                state.missing -= 1
                guard state.missing == 0, let continuation = state.continuation.take() else { return nil }
                return (continuation, state.answers.compactMap { $0 })
            }
            done?.0.resume(returning: done?.1 ?? [])
        }
    }

    /// Taken: into `done/`, or deleted. Refused: into `refused/`, with the reasons beside it. Later: it stays, and so does a file that was
    /// written or replaced since it was read: nobody has read that one.
    private func putAway(_ entry: FolderFiles.Entry, _ answer: Answer) async {
        let failure: FolderFiles.Failure? = await engine.io.run(name) { [folder, deletes] in
            guard FolderFiles.isUnchanged(entry, in: folder) else { return nil }
            do throws(FolderFiles.Failure) {
                switch answer {
                case .accepted where deletes: try FolderFiles.delete(entry.name, from: folder)
                case .accepted: try FolderFiles.move(entry.name, from: folder, to: folder + "/done")
                case .rejected(let findings):
                    let name = try FolderFiles.move(entry.name, from: folder, to: folder + "/refused")
                    try FolderFiles.write(Array(Self.text(findings).utf8), name + ".txt", in: folder + "/refused")
                case .later: break
                }
                return nil
            } catch { return error }
        }
        if let failure { engine.logger.error("folder \(name): \(failure.text)") }
        if case .later(let reason) = answer { engine.logger.warning("folder \(name): \(reason.code) \(reason.text.en)") }
    }

    /// Code, place and both languages, a line for each finding.
    private static func text(_ findings: [Finding]) -> String {
        findings.map { finding in
            let reason = finding.reason, place = reason.location.map { " " + $0 } ?? ""
            return "\(finding.severity.rawValue) \(reason.code)\(place): \(reason.text.fr) / \(reason.text.en)\n"
        }.joined()
    }
}
