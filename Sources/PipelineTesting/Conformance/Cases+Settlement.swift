import Pipeline

extension JournalConformance {
    static var settlement: [Case] {
        [
            Case("delivered keeps its proof; the messages it emits are incoming, with their parent, in the same commit") { t in
                let id = try await t.send("A", lane: 1)
                let parent = try await t.stored(id).delivery.message.envelope.id
                let proof = Proof(answer: "AA \"ok\"", facts: ["submission": "1.2.3", "vihf": "x"], reportAwaited: false)
                let settled = try await t.settle(id, .delivered(proof), emitted: [t.message("ZAM1", parent: parent), t.message("ZAM2", parent: parent)])
                try t.expect(settled.emitted.map(\.envelope.controlID), ["ZAM1", "ZAM2"], "emitted")
                try t.expect(settled.ignored, [], "ignored")
                try t.expect(try await t.journal.unrouted(after: 0, limit: 9).map(\.message.seq), settled.emitted.map(\.seq), "unrouted")
                try t.expect(try await t.stored(id).proof, proof, "proof")
                try t.expect(try await t.stored(id).report.status, .none, "report")
                let found = try await t.journal.find(.message(parent)).messages[0]
                try t.expect(found.children, settled.emitted.map(\.envelope.id), "children")
                try t.expect(try await t.words(id >> 12), ["accepted", "planned", "active", "delivered"], "audit")
            },
            Case("two messages emitted with one control id are both kept") { t in
                let id = try await t.send("A", lane: 1)
                let settled = try await t.settle(id, emitted: [t.message("Z"), t.message("Z")])
                try t.expect(Set(settled.emitted.map(\.seq)).count, 2, "emitted")
            },
            Case("a settlement of another attempt, or of one that has ended, changes nothing but the audit") { t in
                let id = try await t.send("A", lane: 1)
                try t.expect(try await t.settle(id, attempt: 2, emitted: [t.message("Z")]).ignored, [id], "another attempt")
                try t.expect(try await t.state(id), .active, "state")
                try await t.settle(id)
                let again = try await t.settle(id, .refused(Harness.why), emitted: [t.message("Z")])
                try t.expect(again.ignored, [id], "ended")
                try t.expect(again.emitted.count, 0, "emitted")
                try t.expect(try await t.state(id), .delivered, "state at the end")
                try t.expect(try await t.words(id >> 12), ["accepted", "planned", "active", "ignored", "delivered", "ignored"], "audit")
                try t.expect(try await t.settle(12_345 << 12).ignored, [12_345 << 12], "an unknown delivery")
            },
            Case("two attempts of a delivery in one call, and one of them twice: the active one is settled once, with what it emits") { t in
                let id = try await t.send("A", lane: 1)
                try await t.settle(id, .deferred(Harness.why, until: t.now))
                _ = try await t.start(id)
                let before = Settlement(delivery: id, attempt: 1, result: .refused(Harness.why), emitted: [Emitted(t.message("Y"))])
                let active = Settlement(delivery: id, attempt: 2, result: .delivered(Proof(answer: "AA")), emitted: [Emitted(t.message("Z"))])
                let settled = try await t.journal.settle([before, active, active], activate: [], t.lease, now: t.now)
                try t.expect(settled.ignored, [id], "ignored")
                try t.expect(settled.emitted.map(\.envelope.controlID), ["Z"], "emitted")
                try t.expect(try await t.journal.unrouted(after: 0, limit: 9).map(\.message.seq), settled.emitted.map(\.seq), "unrouted")
                try t.expect(try await t.state(id), .delivered, "state")
                try t.expect(Array(try await t.words(id >> 12).suffix(4)), ["active", "ignored", "delivered", "ignored"], "audit")
            },
            Case("a settlement under a stale lease changes nothing") { t in
                let id = try await t.send("A", lane: 1)
                let next = try await t.restarted()
                _ = try await next.start(id)
                let settled = try await next.journal.settle(
                    [Settlement(delivery: id, attempt: 2, result: .delivered(Proof(answer: "AA")))], activate: [], t.lease, now: t.now)
                try t.expect(settled.ignored, [id], "ignored")
                try t.expect(try await next.state(id), .active, "state")
            },
            Case("given back, the attempt does not count, and nothing is forgotten of an unknown one") { t in
                let id = try await t.send("A", lane: 1)
                try await t.settle(id, .giveBack(Harness.why))
                try t.expect(try await t.state(id), .queued, "state")
                try t.expect(try await t.start(id), [id: 1], "the same attempt")
                try await t.settle(id, .unknown(Harness.why, until: t.now))
                _ = try await t.start(id)
                try await t.settle(id, .giveBack(nil), attempt: 2)
                try t.expect(try await t.stored(id).delivery.wasUnknown, "forgotten")
                try t.expect(try await t.start(id), [id: 2], "the second attempt again")
            },
            Case("once unknown, a deferral does not make it certain") { t in
                let id = try await t.send("A", lane: 1)
                try await t.settle(id, .unknown(Harness.why, until: t.now))
                _ = try await t.start(id)
                try await t.settle(id, .deferred(Harness.why, until: t.now), attempt: 2)
                try t.expect(try await t.stored(id).delivery.wasUnknown, "forgotten")
            },
            Case("facts are recorded for the active attempt only, and kept for the next") { t in
                let id = try await t.send("A", lane: 1)
                try await t.journal.record(["digest": "ab"], for: id, attempt: 1, t.lease)
                try await t.journal.record(["entry": "urn:uuid:1"], for: id, attempt: 1, t.lease)
                try await t.expectFailure(.stale, "another attempt") { try await t.journal.record(["x": "y"], for: id, attempt: 2, t.lease) }
                try await t.settle(id, .deferred(Harness.why, until: t.now))
                try await t.expectFailure(.stale, "not active") { try await t.journal.record(["x": "y"], for: id, attempt: 1, t.lease) }
                let due = try await t.journal.due(t.lease, now: t.now, limit: 1, excluding: [])[0]
                try t.expect(due.facts, ["digest": "ab", "entry": "urn:uuid:1"], "facts")
            },
            Case("many settlements and activations in one call") { t in
                var first: [DeliveryID] = [], second: [DeliveryID] = []
                for n in 0..<40 { first.append(try await t.send("F\(n)", lane: UInt64(n))) }
                for n in 0..<40 { second.append(try await t.send("S\(n)", lane: UInt64(n))) }
                let settlements = first.map { Settlement(delivery: $0, attempt: 1, result: .delivered(Proof(answer: "AA"))) }
                let settled = try await t.journal.settle(settlements, activate: second, t.lease, now: t.now)
                try t.expect(Set(settled.activated.keys), Set(second), "activated")
                let counts = try await t.journal.find(.counts).counts
                try t.expect(counts.open, ["documents/dmp": ["active": 40]], "counts")
            },
        ]
    }

    static var recovery: [Case] {
        [
            Case("after a crash what was active is unknown and due at once, and a lease of before is stale") { t in
                let id = try await t.send("A", lane: 1), behind = try await t.send("B", lane: 1)
                let next = try await t.restarted()
                try t.expect(next.lease.epoch > t.lease.epoch, "the epoch does not rise")
                try t.expect(try await next.state(id), .unknown, "state")
                try t.expect(try await next.stored(id).delivery.wasUnknown, "not remembered as unknown")
                try t.expect(try await next.due(), [id], "due")
                try t.expect(try await next.start(id, behind), [id: 2], "second attempt")
                try await next.expectFailure(.stale, "record") { try await next.journal.record(["x": "y"], for: id, attempt: 2, t.lease) }
            },
            Case("a person's decision is spent by the attempt in which the process dies") { t in
                let id = try await t.send("A", lane: 1)
                try await t.settle(id, .held(Harness.why, owner: .exploitation))
                try await t.command(.release, id)
                try t.expect(try await t.start(id), [id: 2], "start")
                try t.expect(try await t.stored(id).delivery.facts[JournalFact.decided], "anne", "decided")
                let next = try await t.restarted()
                try t.expect(try await next.stored(id).delivery.facts[JournalFact.decided], nil, "after the crash")
            },
            Case("everything that was answered is there after a crash, and goes on where it was") { t in
                let queued = try await t.send("A", lane: 1, state: .queued), held = try await t.send("B", lane: 2, state: .held)
                let deferred = try await t.send("C", lane: 3)
                try await t.settle(deferred, .deferred(Harness.why, until: t.now + .seconds(9)))
                let done = try await t.send("D", lane: 4)
                try await t.settle(done)
                let open = try await t.take("E")
                let next = try await t.restarted()
                try t.expect(
                    [try await next.state(queued), try await next.state(held), try await next.state(deferred), try await next.state(done)],
                    [.queued, .held, .deferred, .delivered], "states")
                try t.expect(try await next.journal.unrouted(after: 0, limit: 9).map(\.message.seq), [open], "unrouted")
                try t.expect(try await next.due(), [queued], "due")
                try t.expect(try await next.journal.nextDue(next.lease), t.now + .seconds(9), "next due")
                try t.expect(try await next.take("F") > open, "seq does not rise")
                try t.expect(next.journal.hash.key("x") == t.journal.hash.key("x"), "the secret changed")
                let counts = try await next.journal.find(.counts).counts
                try t.expect(counts.incoming, 2, "incoming")
                try t.expect(counts.open, ["documents/dmp": ["queued": 1, "held": 1, "deferred": 1]], "open")
            },
            Case("order is kept across a crash: merges, replacements, lanes") { t in
                let token = Token(kind: "unique-id", value: "9.9")
                let carrier = try await t.send("D", lane: 1, tokens: [token])
                let replacement = try await t.send("R", lane: 2, replaces: [token])
                let merge = try await t.send("M", lane: 3, barrier: 1)
                let behind = try await t.send("B", lane: 1)
                let next = try await t.restarted()
                try t.expect(try await next.due(), [carrier], "due")
                try t.expect(try await next.start(replacement, merge, behind, carrier), [carrier: 2], "started")
                try t.expect(try await next.settle(carrier, attempt: 2, next: [behind]).activated, [:], "behind passes the merge")
                try t.expect(Set(try await next.due()), [replacement, merge], "freed")
            },
        ]
    }
}
