import Logging
package import Pipeline
import ServiceLifecycle
import Synchronization

/// `imap`: reads the mailboxes that send for the reports about their mails (RFC 3464), and nothing else in them.
package struct IMAPListener: Listener {
    package static let spec = Spec(
        "imap",
        Text(
            fr: "lit dans les boîtes d'envoi les avis de remise (RFC 3464), et n'y touche à rien d'autre",
            en: "reads delivery reports (RFC 3464) in the sending mailboxes, and touches nothing else in them"),
        [
            Field(
                "mailboxes", .list(.text),
                Text(fr: "ÉTABLISSEMENT/BOÎTE ; absentes : toutes", en: "FACILITY/MAILBOX; absent: all"), example: "[clinique-exemple/applicative]"),
            Field(
                "mark", .choice(["keyword", "seen", "move"]), default: "keyword",
                Text(
                    fr: "ce que devient un avis une fois dans le journal : mot-clé, lu, ou déplacé",
                    en: "what becomes of a report once journaled: keyword, seen, or moved")),
            Field("keyword", .text, default: "$Passerelle", Text(fr: "le mot-clé", en: "the keyword")),
            Field("folder", .text, default: "Passerelle", Text(fr: "le dossier de destination", en: "the folder to move to")),
            Field(
                "every", .duration, default: "5 min",
                Text(fr: "relève au moins à cet intervalle, IDLE entre-temps", en: "looks at least this often, IDLE in between")),
            Field("retry", .duration, default: "10 s", Text(fr: "pause après une connexion perdue", en: "pause after a lost connection")),
            Field("size", .bytes, default: "10 MB", Text(fr: "taille maximale d'un avis", en: "largest report")),
        ] + MailAccess.fields(login: "external"))

    private let scope: Scope
    private let boxes: [ReportMailbox]
    private let retry: Duration

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        self.scope = scope
        retry = fields.duration("retry") ?? .seconds(10)
        let mark: ReportMailbox.Mark =
            switch fields.text("mark") {
            case "seen": .seen
            case "move": .move(fields.text("folder") ?? "Passerelle")
            default: .keyword(fields.text("keyword") ?? "$Passerelle")
            }
        let wanted = Set(fields.texts("mailboxes"))
        var known: Set<String> = []
        var boxes: [ReportMailbox] = []
        var seen: Set<String> = []
        for facility in scope.facilities.values.sorted(by: { $0.name < $1.name }) {
            for mailbox in facility.mailboxes.values.sorted(by: { $0.name < $1.name }) {
                let name = "\(facility.name)/\(mailbox.name)"
                known.insert(name)
                guard wanted.isEmpty || wanted.contains(name), seen.insert("\(mailbox.operator) \(mailbox.address.lowercased())").inserted else { continue }
                boxes.append(
                    ReportMailbox(
                        facility: facility, mailbox: mailbox, listener: scope.name, access: MailAccess(fields), scope: scope, mark: mark,
                        period: fields.duration("every") ?? .seconds(300), limit: fields.integer("size") ?? 10_000_000))
            }
        }
        if let unknown = wanted.subtracting(known).min() {
            throw ConfigError("P0652", Text(fr: "boîte inconnue : \(unknown)", en: "unknown mailbox: \(unknown)"), at: fields.place(of: "mailboxes"))
        }
        self.boxes = boxes
    }

    package static let admission = Admission.reports
    package var owns: [String] { boxes.map { "imap:\($0.mailbox.operator)/\($0.mailbox.address.lowercased())" } }
    package var boundPort: Int? { get async { nil } }

    /// Watches every mailbox until shutdown.
    package func run() async throws {
        let stopping = Stopping()
        await withTaskGroup(of: Void.self) { group in
            for box in boxes { group.addTask { await watch(box, stopping) } }
            try? await gracefulShutdown()
            stopping.isSet.withLock { $0 = true }
            group.cancelAll()
            await group.waitForAll()
        }
    }

    private final class Stopping: Sendable {
        let isSet = Mutex(false)
    }

    private func watch(_ box: ReportMailbox, _ stopping: Stopping) async {
        let time = scope.engine.time
        let name = "imap \(scope.name)/\(box.mailbox.address)"
        var pause = retry
        scope.engine.logger.notice("\(name): reading reports")
        while !stopping.isSet.withLock({ $0 }) {
            let end = await scope.engine.io.run(name) { box.watch { stopping.isSet.withLock { $0 } } }
            switch end {
            case .done:
                pause = retry
                await sleep(.milliseconds(100), time)
            case .withoutIdle:
                pause = retry
                await sleep(min(box.period, .seconds(60)), time)
            case .lost(let why):
                scope.engine.logger.warning("\(name): \(why)")
                await sleep(pause, time)
                pause = min(pause * 2, .seconds(300))
            case .refused(let why):
                // Operators lock accounts that knock too often.
                scope.engine.logger.error("\(name): \(why)")
                await sleep(.seconds(300), time)
            }
        }
    }

    private func sleep(_ duration: Duration, _ time: any Timekeeper) async { await time.sleep(until: time.now + duration) }
}
