/// Finds the delivery that a report is about and commits what the report says (design §2, report).
struct Reports: Sendable {
    let core: EngineCore

    /// False when no delivery matches; the messages emitted for it go to `take`. A full disk, or a database that is away, keeps it waiting: its
    /// sender has had its AA.
    func handle(_ reading: Reading, _ take: ([Message]) -> Void) async -> Bool {
        guard let carried = core.format(reading.message)?.report(in: reading.content) else { return false }
        while true {
            do throws(JournalError) {
                return try await handle(carried, by: reading.message.seq, take)
            } catch {
                let canWait = error == .full || error == .away
                if !canWait { core.fail(error) }
                // Nothing was decided: it stays as it is, for the next process.
                if !canWait || core.isDraining { return true }
                await core.time.sleep(until: core.time.now + .milliseconds(200))
            }
        }
    }

    private func handle(_ carried: CarriedReport, by carrier: Seq, _ take: ([Message]) -> Void) async throws(JournalError) -> Bool {
        guard let stored = try await core.journal.delivery(carrying: carried.tokens) else { return false }
        var emitted: [Message] = []
        // Refused or discarded: its sender was told N already, and only good news changes that.
        let isToldBad = [.refused, .discarded].contains(stored.state) && carried.report.status == .failed
        if changes(stored.report.status, carried.report.status), !isToldBad {
            emitted = await core.emit(stored.delivery, .reported(carried.report), core.configuration, before: stored)
        }
        if !emitted.isEmpty { await core.emissions.enter() }
        defer { if !emitted.isEmpty { core.emissions.leave() } }
        take(
            try await core.journal.report(
                carried.report, on: stored.delivery.id, carriedBy: carrier, emitted: emitted.map { Emitted($0) }, now: core.time.now))
        return true
    }

    /// Whether the sender must hear of it: good news once, bad news once, and a correction when good turns bad.
    private func changes(_ old: Report.Status, _ new: Report.Status) -> Bool {
        func isGood(_ status: Report.Status) -> Bool? {
            switch status {
            case .relayed, .delivered: true
            case .failed: false
            case .none, .awaited, .overdue: nil
            }
        }
        return isGood(new) != nil && isGood(old) != isGood(new)
    }

    /// Marks reports that did not come, with one alert each.
    func markOverdue(after patience: Duration) async {
        do throws(JournalError) {
            let page = try await core.journal.find(.overdueReports(before: core.time.now + (.zero - patience), limit: 100))
            for stored in page.deliveries where core.leases.works(stored.delivery.lane) {
                _ = try await core.journal.report(Report(.overdue), on: stored.delivery.id, carriedBy: 0, emitted: [], now: core.time.now)
                core.alert(Reasons.overdue, delivery: stored.delivery.id)
            }
        } catch {
            switch error {
            // The next round finds them again: the disk is full, the database away, or the question took longer than one may.
            case .full, .away, .refused: break
            default: core.fail(error)
            }
        }
    }
}
