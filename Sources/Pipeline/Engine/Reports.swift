/// Finds the delivery that a report is about and commits what the report says (design §2, report).
struct Reports: Sendable {
    let core: EngineCore

    /// The messages emitted for it; nil when no delivery matches.
    func handle(_ reading: Reading) async -> [Message]? {
        guard let carried = core.format(reading.message)?.report(in: reading.content) else { return nil }
        do throws(JournalError) {
            guard let stored = try await core.journal.delivery(carrying: carried.tokens) else { return nil }
            var emitted: [Message] = []
            // Refused or discarded: its sender was told N already, and only good news changes that.
            let isToldBad = [.refused, .discarded].contains(stored.state) && carried.report.status == .failed
            if changes(stored.report.status, carried.report.status), !isToldBad {
                emitted = await core.emit(stored.delivery, .reported(carried.report), core.configuration)
            }
            return try await core.journal.report(
                carried.report, on: stored.delivery.id, carriedBy: reading.message.seq, emitted: emitted.map { Emitted($0) }, now: core.time.now)
        } catch {
            core.fail(error)
            return nil
        }
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
            core.fail(error)
        }
    }
}
