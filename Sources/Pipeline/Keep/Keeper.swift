import Logging

/// Retention (design §5): once a minute it looks at what has grown old or too large, and removes it in small slices that go behind live traffic.
/// Bodies go by the rule of their route; what recognises repeats and late reports, the proofs and the audit go later, by the node's periods.
final class Keeper: Sendable {
    private let core: EngineCore
    /// A tick starts a round; closed at the end.
    let inbox = Inbox<Void>()
    /// Rows looked at in one page, and handed to the writer in one slice.
    private static let page = 256
    /// Steps of giving space back in one round.
    private static let tidySteps = 4096
    /// How often what was blocked is looked at again.
    private static let again = Duration.seconds(3600)

    /// What one round knows and the next goes on from.
    struct Progress {
        var clock: KeepClock?
        /// How far each level (a rule, for bodies) was looked at: what stands before is blocked.
        var cursors: [String: Seq] = [:]
        var started: Instant?
        /// Rules whose limit cannot be kept, as told.
        var exceeded: Set<String> = []
    }

    /// What a round removed.
    private struct Removed {
        var rows = 0
        var bytes = 0
    }

    init(core: EngineCore) { self.core = core }

    /// Works until the mailbox closes.
    func run() async {
        var progress = Progress()
        while await inbox.take() != nil {
            do throws(JournalError) {
                try await round(&progress)
            } catch {
                switch error {
                case .closed: return
                // The disk is full or the database away: the next round tries again.
                case .full, .away: continue
                default: core.fail(error)
                }
            }
        }
    }

    func round(_ progress: inout Progress) async throws(JournalError) {
        var clock = try await clock(progress)
        let verdict = clock.look(wall: core.time.now, uptime: core.time.uptime)
        progress.clock = clock
        if case .trusted(let now) = verdict {
            try await core.journal.noteTime(now)
            try await expire(now, &progress)
        } else if verdict == .doubted(isNew: true) {
            core.alert(Reasons.clockJumped, delivery: nil)
        }
        var steps = 0
        while !core.isDraining, steps < Self.tidySteps, try await core.journal.tidy() { steps += 1 }
    }

    private func clock(_ progress: Progress) async throws(JournalError) -> KeepClock {
        if let clock = progress.clock { return clock }
        return KeepClock(noted: try await core.journal.timeNoted(), uptime: core.time.uptime)
    }

    private func expire(_ now: Instant, _ progress: inout Progress) async throws(JournalError) {
        if progress.started.map({ now - $0 >= Self.again }) ?? true { (progress.started, progress.cursors) = (now, [:]) }
        let configuration = core.configuration, settings = configuration.node.keep
        var removed = Removed()
        for (rule, kept) in try await core.journal.bodiesKept().sorted(by: { $0.key < $1.key }) {
            let limits = settings.rule(configuration.routes.first { $0.name == rule }?.keep)
            var bodies = Removed()
            try await sweep(.body, rule, before: Self.days(limits.days, before: now), &progress, &bodies)
            if let most = limits.bytes { try await shrink(rule, kept.bytes - bodies.bytes - most, now, &progress, &bodies) }
            removed.rows += bodies.rows
            removed.bytes += bodies.bytes
        }
        try await sweep(.facts, "", before: Self.days(settings.factsDays, before: now), &progress, &removed)
        try await sweep(.proofs, "", before: Self.days(settings.proofsDays, before: now), &progress, &removed)
        try await sweep(.audit, "", before: Self.days(settings.auditDays, before: now), &progress, &removed)
        var steps = 0
        while !core.isDraining, steps < Self.tidySteps, try await core.journal.thin(before: Self.days(settings.auditDays, before: now)) { steps += 1 }
        if removed.rows > 0 { core.logger.info("retention removed=\(removed.rows) bytes=\(removed.bytes)") }
    }

    private static func days(_ days: Int, before now: Instant) -> Instant { now + .seconds(-86_400 * days) }

    /// Everything that is old enough, page by page.
    private func sweep(_ level: KeepLevel, _ rule: String, before: Instant, _ progress: inout Progress, _ removed: inout Removed) async throws(JournalError) {
        let name = level.rawValue + " " + rule
        var after: Seq? = progress.cursors[name] ?? 0
        while let from = after, !core.isDraining {
            let page = try await core.journal.removable(level, rule: rule, before: before, after: from, limit: Self.page)
            try await remove(level, page.found, &removed)
            after = page.next
            progress.cursors[name] = page.next ?? page.found.last?.seq ?? from
        }
    }

    /// The oldest until `excess` bytes are gone.
    private func shrink(_ rule: String, _ excess: Int, _ now: Instant, _ progress: inout Progress, _ removed: inout Removed) async throws(JournalError) {
        var excess = excess
        var after: Seq? = 0
        while excess > 0, let from = after, !core.isDraining {
            let page = try await core.journal.removable(.body, rule: rule, before: now, after: from, limit: Self.page)
            var chosen: [Removable] = [], sum = 0
            for one in page.found where sum < excess {
                chosen.append(one)
                sum += one.bytes
            }
            let before = removed.bytes
            try await remove(.body, chosen, &removed)
            excess -= removed.bytes - before
            after = page.next
        }
        if excess <= 0 {
            progress.exceeded.remove(rule)
        } else if !core.isDraining, progress.exceeded.insert(rule).inserted {
            core.alert(Reasons.keepExceeded, delivery: nil, scope: rule)
        }
    }

    private func remove(_ level: KeepLevel, _ found: [Removable], _ removed: inout Removed) async throws(JournalError) {
        var rest = found.map(\.seq)
        while !rest.isEmpty, !core.isDraining {
            let slice = try await core.journal.remove(level, rest, now: core.time.now)
            removed.rows += slice.removed.count
            removed.bytes += slice.removed.reduce(0) { $0 + $1.bytes }
            rest = slice.rest
        }
    }
}

extension Reasons {
    static let keepExceeded = Reason(
        "P0552",
        Text(
            fr: "Plus d'octets gardés que la limite de la route : le reste est en cours, retenu ou attend un compte rendu",
            en: "More bytes kept than the route's limit: the rest is open, held or awaits a report"))
    static let clockJumped = Reason(
        "P0553",
        Text(
            fr: "L'horloge a sauté de plus d'un jour : la conservation attend un jour avant d'y croire",
            en: "The clock jumped by more than a day: retention waits a day before it believes it"))
}
