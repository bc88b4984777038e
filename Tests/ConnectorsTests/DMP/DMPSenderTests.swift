import Clinical
import France
import Pipeline
import PipelineTesting
import Synchronization
import Testing
import Trust

@testable import Connectors

@Suite("The DMP sender")
struct DMPSenderTests {
    @Test("a first sending: one request to the repository, its digest recorded before it leaves")
    func initial() async throws {
        var bench = try DMPBench("oru-initial", [.success])
        let outcome = try await bench.attempt()
        guard case .delivered(let proof) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(bench.far.posts.map(\.url) == ["https://dmp.example/v2/services/repository"])
        let before = bench.far.recordedBefore.withLock { $0 }
        #expect(before.first?["digest"]?.count == 64)
        #expect(before.first?["digest"] == proof.facts["digest"])
        #expect(proof.facts["submission-set"] == bench.sender.tokens(bench.delivery.key, bench.delivery.message, Part()).first?.value)
        #expect(bench.far.posts.first?.text("//s:Attribute[@Name='Identifiant_Structure']") == "1990000010")
        #expect(proof.facts["role"] == nil)
    }

    @Test("no answer: unknown; then the same lot with a fresh VIHF, and the duplicate code means stored (EX_3.1-2030)")
    func unknown() async throws {
        var bench = try DMPBench("oru-initial", [.unanswered("timed out"), .failure("XDSRepositoryBusy"), .failure("XDSDuplicateUniqueIdInRegistry")])
        #expect(word(try await bench.attempt()) == "unknown DMP_NO_ANSWER")
        #expect(word(try await bench.attempt()) == "deferred P0500 ?")
        #expect(word(try await bench.attempt()) == "delivered XDSDuplicateUniqueIdInRegistry")
        let posts = bench.far.posts
        #expect(posts.count == 3)
        #expect(Set(posts.map { Array($0.pieces.dropFirst(2)) }).count == 1)
        #expect(Set(posts.map(\.contentType)).count == 1)
        #expect(Set(posts.compactMap { $0.text("//s:Assertion/@ID") }).count == 3)
        #expect(Set(posts.compactMap { $0.text("//w:MessageID") }).count == 3)
        #expect(Set(posts.compactMap { $0.text("//r:RegistryPackage") }).count == 1)
    }

    @Test("a duplicate on a delivery that was never unknown is held")
    func duplicate() async throws {
        var bench = try DMPBench("oru-initial", [.failure("XDSDuplicateUniqueIdInRegistry")])
        #expect(word(try await bench.attempt()) == "held vendor XDSDuplicateUniqueIdInRegistry")
    }

    @Test("after an unknown, other bytes are held and never sent; after a deferral that stored nothing they may leave")
    func otherBytes() async throws {
        var bench = try DMPBench("oru-initial", [.unanswered("x")])
        _ = try await bench.attempt()
        var other = try DMPBench("oru-initial", [.success], ["lot_hash": .text("sha256")])
        other.delivery = bench.delivery
        #expect(word(try await other.attempt()) == "held exploitation P0805")
        #expect(other.far.posts.isEmpty)

        var busy = try DMPBench("oru-initial", [.failure("XDSRegistryBusy")])
        #expect(word(try await busy.attempt()) == "deferred P0500")
        var later = try DMPBench("oru-initial", [.success], ["lot_hash": .text("sha256")])
        later.delivery = busy.delivery
        #expect(word(try await later.attempt()) == "delivered Success")
    }

    @Test("a crash before the digest was recorded leaves nothing uncertain")
    func crashBeforeSending() async throws {
        var bench = try DMPBench("oru-initial", [.failure("XDSDuplicateUniqueIdInRegistry")])
        bench.delivery.wasUnknown = true
        #expect(word(try await bench.attempt()) == "held vendor XDSDuplicateUniqueIdInRegistry")
    }

    @Test("a replacement looks the entry up right before, and points at it")
    func replacement() async throws {
        var bench = try DMPBench("mdm-replacement", [.found("urn:uuid:a"), .success])
        #expect(word(try await bench.attempt()) == "delivered Success")
        #expect(bench.far.posts.map(\.url) == ["https://dmp.example/v2/services/registry", "https://dmp.example/v2/services/repository"])
        #expect(bench.far.posts[1].text("//r:Association[contains(@associationType,'RPLC')]/@targetObject") == "urn:uuid:a")
        #expect(bench.far.recordedBefore.withLock { $0 }[1]["entry.0"] == "urn:uuid:a")
    }

    @Test("XDSReplaceFailed at a first attempt: one new look-up, sent again if the entry changed, refused if not")
    func replaceFailed() async throws {
        var moved = try DMPBench("mdm-replacement", [.found("urn:uuid:a"), .failure("XDSReplaceFailed"), .found("urn:uuid:b"), .success])
        #expect(word(try await moved.attempt()) == "delivered Success")
        #expect(moved.far.posts[3].text("//r:Association[contains(@associationType,'RPLC')]/@targetObject") == "urn:uuid:b")
        var same = try DMPBench("mdm-replacement", [.found("urn:uuid:a"), .failure("XDSReplaceFailed"), .found("urn:uuid:a")])
        #expect(word(try await same.attempt()) == "refused XDSReplaceFailed")
        var twice = try DMPBench(
            "mdm-replacement", [.found("urn:uuid:a"), .failure("XDSReplaceFailed"), .found("urn:uuid:b"), .failure("XDSReplaceFailed")])
        #expect(word(try await twice.attempt()) == "refused XDSReplaceFailed")
    }

    @Test("XDSReplaceFailed after an unknown is held, with the entry looked up before and no new search")
    func replaceFailedAfterUnknown() async throws {
        var bench = try DMPBench("mdm-replacement", [.found("urn:uuid:a"), .unanswered("x"), .failure("XDSReplaceFailed")])
        #expect(word(try await bench.attempt()) == "unknown DMP_NO_ANSWER")
        #expect(word(try await bench.attempt()) == "held secretariat XDSReplaceFailed")
        #expect(bench.far.posts.map { $0.url.split(separator: "/").last } == ["registry", "repository", "repository"])
    }

    @Test("an entry not found: deferred while an earlier delivery of the document is open, else refused")
    func notFound() async throws {
        var bench = try DMPBench("mdm-replacement", [.found(), .found()])
        bench.delivery.predecessorOpen = true
        guard case .deferred = try await bench.attempt() else {
            Issue.record("an open predecessor defers")
            return
        }
        bench.delivery.predecessorOpen = false
        #expect(word(try await bench.attempt()) == "refused DMP_DOCUMENT_INCONNU")
    }

    @Test("a deletion looks up and sets the status; after an unknown the same request leaves, and a metadata error is held")
    func deletion() async throws {
        var bench = try DMPBench("mdm-deletion", [.found("urn:uuid:a"), .unanswered("x"), .failure("XDSMetadataUpdateError")])
        #expect(word(try await bench.attempt()) == "unknown DMP_NO_ANSWER")
        #expect(word(try await bench.attempt()) == "held secretariat XDSMetadataUpdateError")
        #expect(bench.far.posts.map { $0.text("//w:Action")?.split(separator: ":").last } == ["RegistryStoredQuery", "UpdateDocumentSet", "UpdateDocumentSet"])
        #expect(Set(bench.far.posts.dropFirst().compactMap { $0.text("//r:RegistryPackage") }).count == 1)
        #expect(bench.far.posts[1].text("//r:Association/@targetObject") == "urn:uuid:a")
        var good = try DMPBench("mdm-deletion", [.found("urn:uuid:a"), .success])
        #expect(word(try await good.attempt()) == "delivered Success")
    }

    @Test("what the DMP must not get is refused before anything is sent: unqualified INS, type not fed")
    func gate() async throws {
        var bench = try DMPBench("oru-ins-not-qualified", [])
        #expect(word(try await bench.attempt()) == "refused INSNotQualified")
        #expect(bench.far.posts.isEmpty)
        var feeds = try DMPBench("oru-initial", []) { $0.feeds = ["57833-6"] }
        #expect(word(try await feeds.attempt()) == "refused DocumentTypeNotFed")
        #expect(feeds.far.posts.isEmpty)
    }

    @Test("what our own rules refuse after an unknown is held: the DMP may have it; a person who decided lets it be refused")
    func gateAfterUnknown() async throws {
        var first = try DMPBench("oru-initial", [.unanswered("x")])
        #expect(word(try await first.attempt()) == "unknown DMP_NO_ANSWER")
        var later = try DMPBench("oru-initial", []) { $0.feeds = ["57833-6"] }
        later.delivery = first.delivery
        #expect(word(try await later.attempt()) == "held exploitation DocumentTypeNotFed")
        later.delivery.facts[JournalFact.decided] = "somebody"
        #expect(word(try await later.attempt()) == "refused DocumentTypeNotFed")
        #expect(later.far.posts.isEmpty)
        var lost = try DMPBench("oru-initial", []) { $0.feeds = ["57833-6"] }
        lost.delivery.wasUnknown = true
        #expect(word(try await lost.attempt()) == "refused DocumentTypeNotFed", "nothing was recorded, so nothing left")
    }

    @Test("a refusal carries the DMP's code for the acknowledgement; a setting that is wrong halts the structure, not the far end")
    func refusals() async throws {
        var closed = try DMPBench("oru-initial", [.failure("DMPClosed")])
        guard case .refused(let reason) = try await closed.attempt() else {
            Issue.record("a closed DMP is refused")
            return
        }
        #expect(reason.business == BusinessCode(code: "DMPClosed", label: "dit", system: "DMP_ERROR_CODE"))
        var certificate = try DMPBench("oru-initial", [.fault("DMPInvalidCertificate")])
        #expect(word(try await certificate.attempt()) == "halted dmp-national/clinique DMPInvalidCertificate")
    }

    @Test("when the journal cannot record, nothing leaves")
    func recordFails() async throws {
        var bench = try DMPBench("oru-initial", [.success])
        bench.recordFails = true
        #expect(word(try await bench.attempt()) == "deferred P0806")
        #expect(bench.far.posts.isEmpty)
    }

    @Test("a sender in no professionals list is sent as AUTOMATE and marked")
    func unlisted() async throws {
        var bench = try DMPBench("oru-initial", [.success]) { $0.professionals = [:] }
        guard case .delivered(let proof) = try await bench.attempt() else {
            Issue.record("delivered")
            return
        }
        #expect(proof.facts["role"] == "AUTOMATE")
    }

    @Test("a role or speciality of `professionals` that the tables lack is an error of `check`, at its line and column")
    func unknownRoles() {
        let context = LoadingContext(
            registry: ComponentRegistry(senders: [DMPSender.self]), formats: [], secrets: SecretReader { (_) throws(Reason) in [] },
            engine: .scripted(ClosedIntake()))
        let loaded = Configuration.load("\(DMPBench.repository)/Tests/Fixtures/config/professionals/passerelle.yaml", context)
        #expect(loaded.configuration == nil)
        let found = loaded.report.diagnostics.filter { $0.code == "P0813" }
        #expect(found.map { "\($0.place)".split(separator: "/").last } == ["clinic.yaml:5:26", "clinic.yaml:6:43"])
        #expect(found.allSatisfy { $0.severity == .error })
        #expect(found.first?.text.en.contains("TRE_G15") == true)
    }

    @Test("a role that the table lacks when it is needed halts the structure; nothing leaves, as AUTOMATE or otherwise")
    func unknownRole() async throws {
        var bench = try DMPBench("oru-initial", [.success])
        let role = try await bench.attempt { $0.professionals = ["810098765430": Professional(role: "99", specialty: nil)] }
        #expect(word(role) == "halted dmp-national/clinique P0814")
        let specialty = try await bench.attempt { $0.professionals = ["810098765430": Professional(role: "10", specialty: "XX")] }
        #expect(word(specialty) == "halted dmp-national/clinique P0814")
        #expect(bench.far.posts.isEmpty)
    }

    @Test("a deletion leaves though the type is fed no longer")
    func deletionOfAnotherType() async throws {
        var bench = try DMPBench("mdm-deletion", [.found("urn:uuid:a"), .success]) { $0.feeds = [] }
        #expect(word(try await bench.attempt()) == "delivered Success")
        #expect(bench.far.posts.count == 2)
    }

    @Test("a facility without seal, or whose seal is a client certificate, is halted with the cause")
    func seals() async throws {
        let none = try DMPBench("oru-initial", []) { $0.identities["sign"] = nil }
        guard case .failure(let absent) = none.sender.structure("clinique") else {
            Issue.record("no seal, no sending")
            return
        }
        #expect(absent.code == "P0808")
        let wrong = try DMPBench("oru-initial", []) { $0.identities["sign"] = $0.identities["auth"] }
        guard case .failure(let reason) = wrong.sender.structure("clinique") else {
            Issue.record("a client certificate is no seal")
            return
        }
        #expect(reason.code == "P0810")
        let attempt = Attempt(time: Instant(milliseconds: 0), record: { _ throws(JournalError) in }, bytes: { () throws(JournalError) in wrong.bytes })
        #expect(word(await wrong.sender.deliver(wrong.delivery, attempt)) == "halted dmp-national/clinique P0810")
    }

    @Test("without an OID of this instance the configuration is refused")
    func instanceOID() {
        #expect(throws: ConfigError.self) {
            try DMPSender(.test(["url": .text("https://dmp.example")]), DMPBench.scope(Facility(), oid: ""))
        }
    }

    @Test("five a second for each structure by default; a lane follows the INS, then the local identifier")
    func lanes() throws {
        let sender = try DMPBench("oru-initial", []).sender
        #expect(sender.rate == nil || sender.rate == 5)
        var keys = OrderKeys()
        keys.patient = 2
        #expect(sender.laneKey(keys, Part()) == 2)
        keys.ins = 3
        #expect(sender.laneKey(keys, Part()) == 3)
        #expect(sender.afterUnknown == .sendAgain)
    }

    @Test("the server's clock is read from its answer")
    func dates() {
        #expect(HTTPDate.seconds("Sat, 21 Nov 2026 11:35:00 GMT") == 1_795_260_900)
        #expect(HTTPDate.seconds("yesterday") == nil)
    }

    @Test(
        "a date of numbers that no calendar has is no date, and ends nothing",
        arguments: [
            "Sat, 21 Nov 9223372036854775807 11:35:00 GMT", "Sat, 21 Nov -9223372036854775808 11:35:00 GMT",
            "Sat, 9223372036854775807 Nov 2026 11:35:00 GMT", "Sat, 21 Nov 2026 9223372036854775807:35:00 GMT",
            "Sat, 21 Nov 2026 11:9223372036854775807:00 GMT", "Sat, 21 Nov 2026 11:35:9223372036854775807 GMT", "Sat, 0 Nov 2026 11:35:00 GMT",
            "Sat, 21 Nov 1969 11:35:00 GMT", "Sat, 21 Nov 2026 24:35:00 GMT",
        ])
    func noDates(_ text: String) { #expect(HTTPDate.seconds(text) == nil) }
}
