import Pipeline

extension JournalConformance {
    static var questions: [Case] {
        [
            Case("deliveries are paged by id, by state, by destination or sender") { t in
                var ids: [DeliveryID] = []
                for n in 0..<9 { ids.append(try await t.send("D\(n)", lane: UInt64(n), state: n % 3 == 0 ? .held : .queued, sender: n < 5 ? "dmp" : "ror")) }
                let all = Set(DeliveryState.allCases)
                let first = try await t.journal.find(.deliveries(states: all, limit: 4))
                try t.expect(first.deliveries.map(\.delivery.id), Array(ids[0..<4]), "first page")
                try t.expect(first.more, "there is more")
                let rest = try await t.journal.find(.deliveries(states: all, after: ids[3], limit: 5))
                try t.expect(rest.deliveries.map(\.delivery.id), Array(ids[4...]), "second page")
                try t.expect(rest.more == false, "no more")
                let held = try await t.journal.find(.deliveries(states: [.held]))
                try t.expect(held.deliveries.map(\.delivery.id), [ids[0], ids[3], ids[6]], "held")
                let ror = try await t.journal.find(.deliveries(states: [.held, .queued], destination: "ror"))
                try t.expect(ror.deliveries.map(\.delivery.id), Array(ids[5...]), "sender")
                let destination = try await t.journal.find(.deliveries(states: [.queued], destination: "documents/dmp", limit: 2))
                try t.expect(destination.deliveries.map(\.delivery.id), [ids[1], ids[2]], "destination")
                try t.expect(try await t.journal.find(.deliveries(states: all, destination: "nobody")).deliveries.count, 0, "nobody")
            },
            Case("messages come newest first, in pages") { t in
                var seqs: [Seq] = []
                for n in 0..<5 { seqs.append(try await t.take("M\(n)")) }
                let first = try await t.journal.find(.messages(limit: 2))
                try t.expect(first.messages.map(\.message.seq), [seqs[4], seqs[3]], "first page")
                try t.expect(first.more, "there is more")
                let rest = try await t.journal.find(.messages(before: seqs[3], limit: 9))
                try t.expect(rest.messages.map(\.message.seq), [seqs[2], seqs[1], seqs[0]], "second page")
                try t.expect(rest.more == false, "no more")
                try t.expect(try await t.journal.bytes(of: rest.messages[0].message), Array("content of M2".utf8), "bytes of a listed message")
            },
            Case("a message is found by its control id, whatever became of it") { t in
                let seq = try await t.take("C")
                try await t.plan(seq, [], verdict: Verdict(.rejected))
                let again = try await t.take("C")
                let found = try await t.journal.find(.controlID("C")).messages.map(\.message.seq)
                try t.expect(Set(found), [seq, again], "found")
                let id = try await t.send("D", lane: 1)
                let emitted = try await t.settle(id, emitted: [t.message("ZAM")]).emitted
                try t.expect(try await t.journal.find(.controlID("ZAM")).messages.map(\.message.seq), emitted.map(\.seq), "emitted")
                try t.expect(try await t.journal.find(.controlID("nothing")).messages.count, 0, "nothing")
            },
            Case("a message is found by its search facts") { t in
                let seq = try await t.take("A"), fact = Token(kind: "document", value: "1.2.3")
                _ = try await t.journal.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [], search: [fact])], t.lease)
                try t.expect(try await t.journal.find(.token(fact)).messages.map(\.message.seq), [seq], "found")
                try t.expect(try await t.journal.find(.token(Token(kind: "other", value: "1.2.3"))).messages.count, 0, "another kind")
            },
            Case("unknown ids find nothing") { t in
                try t.expect(try await t.journal.find(.delivery(4096)).deliveries.count, 0, "delivery")
                try t.expect(try await t.journal.find(.message(t.message("x").envelope.id)).messages.count, 0, "message")
                try t.expect(try await t.journal.find(.audit(9)).audit.count, 0, "audit")
                try t.expect(try await t.journal.nextDue(t.lease) == nil, "next due")
                try t.expect(try await t.journal.find(.counts).counts.incoming, 0, "counts")
            },
            Case("counters follow every change of state") { t in
                let a = try await t.send("A", lane: 1), b = try await t.send("B", lane: 1)
                try await t.take("C")
                func counts() async throws -> Counts { try await t.journal.find(.counts).counts }
                try t.expect(try await counts().incoming, 1, "incoming")
                try t.expect(try await counts().open, ["documents/dmp": ["active": 1, "queued": 1]], "planned")
                try await t.settle(a, .held(Harness.why, owner: .identity))
                try t.expect(try await counts().open, ["documents/dmp": ["held": 1, "queued": 1]], "held")
                try await t.command(.discard(Harness.why), a)
                _ = try await t.start(b)
                try t.expect(try await counts().open, ["documents/dmp": ["active": 1]], "discarded, started")
                try await t.settle(b)
                try t.expect(try await counts().open, [:], "done")
            },
            Case("the reasons and details of a delivery are read back whole") { t in
                let reason = Reason(
                    "5.1.1", Text(fr: "Adresse « inconnue »", en: "Unknown address"), location: "PRT-4",
                    business: BusinessCode(code: "A", label: "B", system: "C"), detail: "550 no such user")
                let id = try await t.send("A", lane: 1)
                try await t.settle(id, .refused(reason))
                try t.expect(try await t.stored(id).reason, reason, "reason")
            },
        ]
    }

    static var bodies: [Case] {
        [
            Case("a body of 200 KB is read back byte by byte, when accepted whole, emitted, or spooled") { t in
                let large = String(repeating: "0123456789", count: 20_000)
                guard case .new(let seq) = try await t.accept(Acceptance(t.message("L", large))) else { throw t.violation("not new") }
                let unrouted = try await t.journal.unrouted(after: 0, limit: 1)[0].message
                try t.expect(unrouted.body.count, 200_000, "length")
                try t.expect(try await t.journal.bytes(of: unrouted), Array(large.utf8), "accepted")
                try await t.plan(seq, [t.delivery(seq, lane: 1)])
                let emitted = try await t.settle(Delivery.id(seq, 0), emitted: [t.message("Z", large)]).emitted
                try t.expect(try await t.journal.bytes(of: emitted[0]), Array(large.utf8), "emitted")
                let spooled = t.message("S", large)
                if let spool = try t.journal.spool(spooled.envelope.id, received: t.now) {
                    for byte in stride(from: 0, to: 200_000, by: 777) {
                        try Array(large.utf8)[byte..<min(byte + 777, 200_000)].withUnsafeBytes { raw in try spool.append(raw) }
                    }
                    let message = Message(envelope: spooled.envelope, body: try spool.finish(), digest: spooled.digest)
                    _ = try await t.accept(Acceptance(message))
                    let found = try await t.journal.find(.controlID("S")).messages[0].message
                    try t.expect(try await t.journal.bytes(of: found), Array(large.utf8), "spooled")
                }
            },
            Case("an empty body is a body") { t in
                guard case .new = try await t.accept(Acceptance(t.message("E", ""))) else { throw t.violation("not new") }
                let message = try await t.journal.unrouted(after: 0, limit: 1)[0].message
                try t.expect(try await t.journal.bytes(of: message), [], "bytes")
            },
            Case("a body that differs from its digest is damaged") { t in
                let good = t.message("D")
                let wrong = Message(envelope: good.envelope, body: good.body, digest: testDigester().sha256([1, 2, 3]))
                guard case .new(let seq) = try await t.accept(Acceptance(wrong)) else { throw t.violation("not new") }
                let message = try await t.journal.unrouted(after: 0, limit: 1)[0].message
                try await t.expectFailure(.damaged(seq), "bytes") { _ = try await t.journal.bytes(of: message) }
            },
        ]
    }
}
