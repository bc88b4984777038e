import FoundationEssentials
import HL7v2
import Sandbox
import Testing

@Suite("Failures on order, and the other receivers", .serialized) struct FaultTests {
    func order(_ bench: Bench, _ json: String) async throws {
        let answer = try await Wire.control("POST", "/fault", json, to: bench.server.ports.control ?? 0)
        #expect(answer?.status == 200)
    }

    @Test("Busy, 503, a SOAP fault, a chosen error: then all is well again") func answers() async throws {
        let bench = try await Bench()
        let lot = try Lot()
        try await order(bench, #"{"kind":"busy","count":2}"#)
        try await order(bench, #"{"kind":"503"}"#)
        try await order(bench, #"{"kind":"soap-fault","code":"DMPInvalidCertificate"}"#)
        try await order(bench, #"{"kind":"registry-error","code":"XDSRegistryError"}"#)
        #expect(try await lot.send(to: bench)?.body.contains("XDSRepositoryBusy") ?? false)
        #expect(try await lot.send(to: bench)?.body.contains("XDSRepositoryBusy") ?? false)
        #expect(try await lot.send(to: bench)?.status == 503)
        #expect(try await lot.send(to: bench)?.body.contains("DMPInvalidCertificate") ?? false)
        #expect(try await lot.send(to: bench)?.body.contains("XDSRegistryError") ?? false)
        #expect(try await lot.send(to: bench)?.body.contains("Success") ?? false)
        await bench.stop()
    }

    @Test("A time-out after storing leaves the document there, one before does not") func timeouts() async throws {
        let bench = try await Bench()
        let lot = try Lot()
        try await order(bench, #"{"kind":"timeout-before-store","seconds":1}"#)
        try await order(bench, #"{"kind":"timeout-after-store","seconds":1}"#)
        try await order(bench, #"{"kind":"cut-after-store"}"#)
        #expect(try await lot.send(to: bench) == nil)
        #expect(try await bench.outcome(1).result == "injected")
        #expect(try await lot.send(to: bench) == nil)
        let second = try await bench.outcome(2)
        #expect(second.result == "stored")
        #expect(!second.answered)
        #expect(try await Lot().send(to: bench) == nil)
        #expect(try await lot.send(to: bench)?.body.contains("XDSDuplicateUniqueIdInRegistry") ?? false)
        await bench.stop()
    }

    @Test("A broken MIME answer, a slow one, a warning") func shapes() async throws {
        let bench = try await Bench()
        try await order(bench, #"{"kind":"broken-mime"}"#)
        try await order(bench, #"{"kind":"slow","seconds":1}"#)
        try await order(bench, #"{"kind":"warning"}"#)
        let broken = try await Lot().send(to: bench)
        #expect(broken?.status == 200)
        #expect(broken?.body.contains("</soap:Envelope>") == false)
        let began = ContinuousClock.now
        #expect(try await Lot().send(to: bench)?.body.contains("Success") ?? false)
        #expect(began.duration(to: .now) >= .seconds(1))
        let warned = try await Lot().send(to: bench)
        #expect(warned?.body.contains("Success") ?? false)
        #expect(warned?.body.contains("SeverityType:Warning") ?? false)
        await bench.stop()
    }

    @Test("The control port shows the state, refuses what it does not know, forgets on demand") func control() async throws {
        let bench = try await Bench()
        let port = bench.server.ports.control ?? 0
        #expect(try await Wire.control("POST", "/fault", #"{"kind":"autre"}"#, to: port)?.status == 400)
        #expect(try await Wire.control("GET", "/autre", to: port)?.status == 404)
        try await order(bench, #"{"kind":"busy","count":9}"#)
        #expect(try await Wire.control("GET", "/state", to: port)?.body.contains("busy") ?? false)
        #expect(try await Wire.control("DELETE", "/fault", to: port)?.status == 200)
        _ = try await Lot().send(to: bench)
        let state = try await Wire.control("GET", "/state", to: port)?.body
        #expect(state?.contains("StatusType:Approved") ?? false)
        #expect(state?.contains("busy") == false)
        await bench.stop()
    }

    @Test("An acknowledgement by MLLP is kept and answered AA") func mllp() async throws {
        let bench = try await Bench()
        let zam = "MSH|^~\\&|PASSERELLE|CH|DPI|CH|20260302||ZAM^Z01^ZAM_Z01|42|P|2.5|||||FRA|UNICODE UTF-8\rMSA|AA|1\r"
        let frame: [UInt8] = [0x0B] + Array(zam.utf8) + [0x1C, 0x0D]
        let answer = try await Wire.talk(bench.server.ports.mllp ?? 0, frame + frame, until: { $0.filter { $0 == 0x1C }.count == 2 }, { nil })
        let first = Array(answer.dropFirst().prefix { $0 != 0x1C })
        let ack = try HL7Message(first)
        #expect(ack["MSA-1"] == "AA")
        #expect(ack["MSA-2"] == "42")
        #expect(ack["MSH-9.2"] == "Z01")
        #expect(try file(bench.folder + "/zam/1.er7") == Array(zam.utf8))
        #expect(try file(bench.folder + "/zam/2.er7") == Array(zam.utf8))
        await bench.stop()
    }

    @Test("A mail is kept as sent, leading dots restored") func mail() async throws {
        let bench = try await Bench()
        let script = "EHLO a\r\nMAIL FROM:<pfi@a.fr> RET=HDRS ENVID=1\r\nRCPT TO:<b@c.fr>\r\nDATA\r\nSubject: x\r\n\r\n..point\r\n.\r\nQUIT\r\n"
        let answer = try await Wire.talk(bench.server.ports.smtp ?? 0, Array(script.utf8), { nil })
        #expect(String(decoding: answer, as: UTF8.self).contains("250 2.0.0 kept as 1"))
        #expect(String(decoding: try file(bench.folder + "/mail/1.eml"), as: UTF8.self) == "Subject: x\r\n\r\n.point\r\n")
        #expect(String(decoding: try file(bench.folder + "/mail/1.envelope"), as: UTF8.self).contains("ENVID=1"))
        await bench.stop()
    }
}

@Suite("Configuration of the sandbox") struct ConfigTests {
    @Test("JSON with only what is needed") func json() throws {
        let config = try SandboxConfig(
            json: Array(#"{"dmp": {"address": {"port": 9443}, "tls": {"certificate": "c", "key": "k"}, "closed": ["1"]}, "smtp": {"port": 1025}}"#.utf8))
        #expect(config.dmp?.address.port == 9443)
        #expect(config.dmp?.address.host == "127.0.0.1")
        #expect(config.dmp?.clockSkew == 300)
        #expect(config.dmp?.closed == ["1"])
        #expect(config.smtp?.port == 1025)
        #expect(config.mllp == nil)
        #expect(throws: (any Error).self) { try SandboxConfig(json: Array(#"{"dmp": {}}"#.utf8)) }
    }
}
