import Pipeline

extension JournalConformance {
    static var commands: [Case] {
        [
            Case("hold, release: the lane waits for the person, and the word is audited with the name") { t in
                let id = try await t.send("A", lane: 1, state: .queued), behind = try await t.send("B", lane: 1, state: .queued)
                try await t.command(.hold(Harness.why, owner: .secretariat), id)
                try t.expect(try await t.due(), [], "held")
                try t.expect(try await t.stored(id).owner, .secretariat, "owner")
                try await t.command(.release, id)
                try t.expect(try await t.due(), [id], "released")
                try t.expect(try await t.stored(id).reason == nil, "the reason stays")
                let audit = try await t.journal.find(.audit(id >> 12)).audit
                try t.expect(audit.filter { $0.by == "anne" }.map(\.what), ["held", "released"], "audit")
                try t.expect(audit.first { $0.what == "held" }?.reason, Harness.why, "reason in the audit")
                try t.expect(try await t.start(id, behind), [id: 1], "started")
            },
            Case("what concerns the gateway and no message stands in the audit under 0, with who and what") { t in
                let digest = Reason("P0550", Text(fr: "essai", en: "test"), location: "ab12", detail: "route r")
                try await t.journal.note(.configured, digest, by: "anne", now: t.now)
                try await t.journal.note(.configurationRefused, digest, by: "SIGHUP", now: t.now)
                try await t.journal.note(.resumed, Harness.why, by: "anne", now: t.now)
                let audit = try await t.journal.find(.audit(0)).audit
                try t.expect(audit.map(\.what), ["configured", "configuration refused", "resumed"], "what")
                try t.expect(audit.map(\.by), ["anne", "SIGHUP", "anne"], "who")
                try t.expect(audit.map(\.at), [t.now, t.now, t.now], "when")
                try t.expect(audit[0].reason, digest, "about")
            },
            Case("a command on a version that has changed is stale") { t in
                let id = try await t.send("A", lane: 1, state: .queued)
                let version = try await t.stored(id).version
                try await t.command(.hold(Harness.why, owner: .vendor), id)
                try await t.expectFailure(.stale, "release") {
                    _ = try await t.journal.command(.release, on: id, expecting: version, emitted: [], by: "anne", now: t.now)
                }
            },
            Case("a delivery that is being sent, a wrong state, an unknown one: refused") { t in
                let active = try await t.send("A", lane: 1), queued = try await t.send("B", lane: 2, state: .queued)
                let done = try await t.send("C", lane: 3)
                try await t.settle(done)
                try await t.expectFailure(nil, "hold of an active one") { try await t.command(.hold(Harness.why, owner: .vendor), active) }
                try await t.expectFailure(nil, "discard of an active one") { try await t.command(.discard(Harness.why), active) }
                try await t.expectFailure(nil, "release of a queued one") { try await t.command(.release, queued) }
                try await t.expectFailure(nil, "retry of a queued one") { try await t.command(.retry, queued) }
                try await t.expectFailure(nil, "discard of a delivered one") { try await t.command(.discard(Harness.why), done) }
                try await t.expectFailure(nil, "hold of a delivered one") { try await t.command(.hold(Harness.why, owner: .vendor), done) }
                try await t.expectFailure(nil, "resend of an open one") { try await t.command(.resend, queued) }
                try await t.expectFailure(nil, "an unknown one") {
                    _ = try await t.journal.command(.retry, on: 77, expecting: 1, emitted: [], by: "anne", now: t.now)
                }
            },
            Case("retry makes a deferred, unknown or held one due at once; what was unknown stays so, the person's decision is told") { t in
                let deferred = try await t.send("A", lane: 1), unknown = try await t.send("B", lane: 2), held = try await t.send("C", lane: 3)
                try await t.settle(deferred, .deferred(Harness.why, until: t.now + .seconds(99)))
                try await t.settle(unknown, .unknown(Harness.why, until: t.now + .seconds(99)))
                try await t.settle(held, .unknown(Harness.why, until: t.now))
                _ = try await t.start(held)
                try await t.settle(held, .held(Harness.why, owner: .network), attempt: 2)
                try t.expect(try await t.due(), [], "before")
                for id in [deferred, unknown, held] { try await t.command(.retry, id) }
                try t.expect(try await t.due(), [deferred, unknown, held], "after")
                try t.expect(try await t.stored(unknown).delivery.wasUnknown, "unknown")
                try t.expect(try await t.stored(held).delivery.facts[JournalFact.decided], "anne", "the decision")
                _ = try await t.start(held)
                try await t.settle(held, .deferred(Harness.why, until: t.now), attempt: 3)
                try t.expect(try await t.stored(held).delivery.facts[JournalFact.decided] == nil, "the decision outlives its attempt")
            },
            Case("discard ends it, emits what its then made, and lets the lane go on") { t in
                let id = try await t.send("A", lane: 1, state: .held), behind = try await t.send("B", lane: 1)
                let emitted = try await t.command(.discard(Harness.why), id, emitted: [t.message("Z")])
                try t.expect(emitted.map(\.envelope.controlID), ["Z"], "emitted")
                try t.expect(try await t.state(id), .discarded, "state")
                try t.expect(try await t.due(), [behind], "due")
            },
            Case("releasing what a later one of its lane has overtaken is refused, discarding is not") { t in
                let id = try await t.send("A", lane: 1, state: .held, blocks: false), later = try await t.send("B", lane: 1)
                try await t.settle(later)
                try await t.expectFailure(.refused(JournalReasons.overtaken), "release") { try await t.command(.release, id) }
                try await t.expectFailure(.refused(JournalReasons.overtaken), "retry") { try await t.command(.retry, id) }
                try await t.command(.discard(Harness.why), id)
            },
            Case("what a report ends has overtaken what was held before it: releasing that is refused") { t in
                let id = try await t.send("A", lane: 1, state: .held, blocks: false), later = try await t.send("B", lane: 1)
                try await t.settle(later, .unknown(Harness.why, until: t.now + .seconds(60)))
                _ = try await t.journal.report(Report(.delivered), on: later, carriedBy: 0, emitted: [], now: t.now)
                try t.expect(try await t.state(later), .delivered, "by the report")
                try await t.expectFailure(.refused(JournalReasons.overtaken), "release") { try await t.command(.release, id) }
            },
            Case("releasing what none has overtaken goes before what waits") { t in
                let id = try await t.send("A", lane: 1, state: .held, blocks: false), later = try await t.send("B", lane: 1)
                try await t.settle(later, .deferred(Harness.why, until: t.now))
                try await t.command(.release, id)
                try t.expect(try await t.due(), [id], "due")
                try t.expect(try await t.settle(0, next: [later]).activated, [:], "the later one")
            },
            Case("a resend is a new delivery with a new key and its own names; the document's name stays with it") { t in
                let document = Token(kind: "unique-id", value: "1.2.3"), old = Token(kind: "message-id", value: "<old>")
                let id = try await t.send("A", lane: 1, tokens: [document, old])
                try await t.settle(id)
                let version = try await t.stored(id).version
                _ = try await t.journal.command(.resend, on: id, expecting: version, emitted: [], by: "anne", now: t.now) { key in
                    [Token(kind: "message-id", value: key.hex)]
                }
                let due = try await t.journal.due(t.lease, now: t.now, limit: 9, excluding: [])
                try t.expect(due.map(\.id), [id + 1], "due")
                let first = try await t.stored(id).delivery
                let key = t.journal.hash.key(first.key.hex, "resend", "1")
                try t.expect(due[0].key, key, "key")
                try t.expect(due[0].destination, first.destination, "destination")
                try t.expect(try await t.journal.delivery(carrying: [Token(kind: "message-id", value: key.hex)])?.delivery.id, id + 1, "its own name")
                try t.expect(try await t.journal.delivery(carrying: [old])?.delivery.id, id, "the old name")
                try t.expect(try await t.journal.delivery(carrying: [document])?.delivery.id, id + 1, "the document")
                try t.expect(try await t.state(id), .delivered, "the old one")
                _ = try await t.start(id + 1)
                try await t.settle(id + 1)
                try await t.command(.resend, id)
                try t.expect(try await t.due(), [id + 2], "the next generation")
            },
            Case("a document that was replaced at its far end is not sent again") { t in
                let document = Token(kind: "unique-id", value: "1.2.3")
                let id = try await t.send("A", lane: 1, tokens: [document])
                try await t.settle(id)
                let replacement = try await t.send("R", lane: 2, replaces: [document])
                try await t.settle(replacement)
                try await t.expectFailure(.refused(JournalReasons.overtaken), "resend") { try await t.command(.resend, id) }
            },
        ]
    }
}
