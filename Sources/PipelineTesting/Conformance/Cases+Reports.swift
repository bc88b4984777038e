import Pipeline

extension JournalConformance {
    private static let envid = Token(kind: "envid", value: "E1"), messageID = Token(kind: "message-id", value: "<1@x>")

    static var reports: [Case] {
        [
            Case("a report finds its delivery by the first token that is known") { t in
                let id = try await t.send("A", lane: 1, tokens: [envid, messageID])
                let unknown = Token(kind: "envid", value: "E2")
                try t.expect(try await t.journal.delivery(carrying: [unknown, messageID])?.delivery.id, id, "second token")
                try t.expect(try await t.journal.delivery(carrying: [Token(kind: "message-id", value: "E1")]) == nil, "another kind of name")
                try t.expect(try await t.journal.find(.token(envid)).deliveries.map(\.delivery.id), [id], "query")
            },
            Case("a report is committed with its emitted messages, and the message that carried it is routed") { t in
                let id = try await t.send("A", lane: 1, tokens: [envid])
                try await t.settle(id, .delivered(Proof(answer: "250", reportAwaited: true)))
                try t.expect(try await t.stored(id).report.status, .awaited, "awaited")
                let carrier = try await t.take("DSN1")
                let emitted = try await t.journal.report(
                    Report(.delivered), on: id, carriedBy: carrier, emitted: [Emitted(t.message("Z"))], now: t.now)
                try t.expect(emitted.map(\.envelope.controlID), ["Z"], "emitted")
                try t.expect(try await t.stored(id).report, Report(.delivered), "report")
                try t.expect(try await t.message(of: carrier).state, .routed, "carrier")
                try t.expect(try await t.accept(Acceptance(t.message("DSN1"))), .seen(carrier, Verdict(.accepted)), "the carrier's repeat")
                try t.expect(try await t.journal.unrouted(after: 0, limit: 9).map(\.message.seq), emitted.map(\.seq), "unrouted")
            },
            Case("equal reports and late weaker ones change nothing; a failure after a delivery does") { t in
                let id = try await t.send("A", lane: 1, tokens: [envid])
                try await t.settle(id, .delivered(Proof(answer: "250", reportAwaited: true)))
                func report(_ status: Report.Status) async throws -> Int {
                    try await t.journal.report(
                        Report(status, reason: status == .failed ? Harness.why : nil), on: id, carriedBy: 0, emitted: [Emitted(t.message("Z"))], now: t.now
                    ).count
                }
                try t.expect(try await report(.relayed), 1, "relayed")
                try t.expect(try await report(.delivered), 1, "delivered")
                let version = try await t.stored(id).version
                try t.expect(try await report(.delivered), 0, "delivered again")
                try t.expect(try await report(.relayed), 0, "relayed late")
                try t.expect(try await report(.overdue), 0, "overdue")
                try t.expect(try await t.stored(id).version, version, "version")
                try t.expect(try await report(.failed), 1, "failed")
                try t.expect(try await t.stored(id).report, Report(.failed, reason: Harness.why), "report")
                try t.expect(try await t.state(id), .delivered, "state")
            },
            Case("a report that came before its attempt was settled is kept") { t in
                let id = try await t.send("A", lane: 1, tokens: [envid])
                _ = try await t.journal.report(Report(.delivered), on: id, carriedBy: 0, emitted: [], now: t.now)
                try t.expect(try await t.state(id), .active, "state")
                try await t.settle(id, .delivered(Proof(answer: "250", reportAwaited: true)))
                try t.expect(try await t.stored(id).report.status, .delivered, "report")
            },
            Case("a good report settles an unknown mail, held or not, and its lane goes on") { t in
                for (n, hold) in [false, true].enumerated() {
                    let id = try await t.send("A\(n)", lane: UInt64(n), tokens: [envid]), behind = try await t.send("B\(n)", lane: UInt64(n))
                    try await t.settle(id, .unknown(Harness.why, until: t.now + .seconds(60)))
                    if hold {
                        _ = try await t.start(id)
                        try await t.settle(id, .held(Harness.why, owner: .network), attempt: 2)
                    }
                    _ = try await t.journal.report(Report(.relayed), on: id, carriedBy: 0, emitted: [], now: t.now)
                    try t.expect(try await t.state(id), .delivered, "state")
                    try t.expect(try await t.due(), [behind], "due")
                    _ = try await t.start(behind)
                }
            },
            Case("a report on nothing is refused") { t in
                try await t.expectFailure(nil, "report") {
                    _ = try await t.journal.report(Report(.failed), on: 99, carriedBy: 0, emitted: [], now: t.now)
                }
            },
            Case("awaited reports become overdue by age, once") { t in
                let id = try await t.send("A", lane: 1), young = try await t.send("B", lane: 2)
                try await t.settle(id, .delivered(Proof(answer: "250", reportAwaited: true)))
                t.clock.advance(by: .seconds(100))
                try await t.settle(young, .delivered(Proof(answer: "250", reportAwaited: true)))
                let query = Query.overdueReports(before: t.now + .seconds(-50), limit: 9)
                try t.expect(try await t.journal.find(query).deliveries.map(\.delivery.id), [id], "overdue")
                _ = try await t.journal.report(Report(.overdue), on: id, carriedBy: 0, emitted: [], now: t.now)
                try t.expect(try await t.journal.find(query).deliveries.count, 0, "again")
            },
        ]
    }
}
