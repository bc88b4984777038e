import FoundationEssentials
import Glibc
import Sandbox
import Testing
import Trust

@Suite("The stand-in DMP", .serialized) struct DMPTests {
    @Test("A right lot is stored, written down and answered Success", arguments: [Digest.sha1, .sha256]) func success(_ digest: Digest) async throws {
        let bench = try await Bench()
        var lot = try Lot()
        lot.digest = digest
        let answer = try #require(try await lot.send(to: bench))
        let outcome = try await bench.outcome(1)
        #expect(outcome.errors.map { "\($0.rule): \($0.found)" } == [])
        #expect(answer.status == 200)
        #expect(answer.body.contains("ResponseStatusType:Success"))
        #expect(outcome.result == "stored")
        #expect(try file(bench.folder + "/dmp/1/document-1.xml") == lot.document)
        let verify = "xmlsec1 --verify --id-attr:ID urn:oasis:names:tc:SAML:2.0:assertion:Assertion --trusted-pem '\(PKI.path("igc/root.pem"))'"
        #expect(shell("\(verify) --untrusted-pem '\(PKI.path("igc/issuer.pem"))' '\(bench.folder)/dmp/1/vihf.xml'") == 0)
        let schema = repository() + "/Mappings/schemas/xds/schema/IHE/IHEXDSB.xsd"
        #expect(shell("xmllint --noout --nonet --schema '\(schema)' '\(bench.folder)/dmp/1/metadata.xml'") == 0)
        await bench.stop()
    }

    @Test(
        "A wrong VIHF is a SOAP fault that names the cause",
        arguments: [
            ("INDIRECTE", "DIRECTE", "InvalidSecurityToken", "vihf.attribute.Authentification_Mode"),
            ("SA01^", "XX01^", "InvalidSecurityToken", "vihf.attribute.Secteur_Activite"),
            ("NUMERO-FICTIF", "AUTRE", "InvalidSecurityToken", "vihf.homologation"),
            (">1750999990<", ">1750999991<", "FailedAuthentication", "vihf.structure"),
            ("SM26", "", "InvalidSecurityToken", "vihf.role.second"),
            ("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8", "InvalidSecurityToken", "vihf.insRoot"),
            ("<saml2:NameID>899900000019<", "<saml2:NameID><", "InvalidSecurityToken", "vihf.nameID"),
            ("<saml2:AuthnStatement", "<saml2:Autre/><saml2:AuthnStatement", "InvalidSecurityToken", "vihf.schema"),
            ("ac:classes:Password", "ac:classes:Autre", "InvalidSecurityToken", "vihf.authnContext"),
        ])
    func wrongVIHF(_ from: String, _ to: String, _ code: String, _ rule: String) async throws {
        let bench = try await Bench()
        var lot = try Lot()
        lot.inVIHF = [(from, to)]
        let answer = try #require(try await lot.send(to: bench))
        #expect(answer.status == 500)
        #expect(answer.body.contains(":\(code)</soap:Value>"))
        #expect(try await bench.outcome(1).errors.map(\.rule) == [rule])
        await bench.stop()
    }

    @Test("A VIHF signed with the wrong certificate, too old, or changed after signing is refused (EX_AIR-080, dossier §2)") func signers() async throws {
        let bench = try await Bench()
        for (signer, rule) in [
            ("igc/auth", "profile"), ("igc/sign-expired", "expired"), ("igc/sign-revoked", "revoked"), ("mss/pfi", "unknownIssuer"),
        ] {
            var lot = try Lot()
            lot.signer = signer
            let answer = try await lot.send(to: bench)
            #expect(answer?.body.contains("DMPInvalidCertificate") ?? false, "\(signer)")
            let number = try FileManager.default.contentsOfDirectory(atPath: bench.folder + "/dmp").count
            #expect(try await bench.outcome(number).errors.map(\.rule) == ["vihf.certificate." + rule])
        }
        var old = try Lot()
        old.issued -= 3600
        #expect(try await old.send(to: bench)?.body.contains("MessageExpired") ?? false)
        var forged = try Lot()
        forged.inVIHF = []
        let body = String(decoding: try forged.body(), as: UTF8.self).replacing("<saml2:NameID>899900000019", with: "<saml2:NameID>899900000027")
        let answer = try await Wire.post(Lot.repository, Lot.type, Array(body.utf8), to: bench.server.ports.dmp ?? 0, as: "igc/auth")
        #expect(answer?.body.contains("FailedCheck") ?? false)
        await bench.stop()
    }

    @Test("Without a client certificate, or with a bad one, no request is read") func mutualTLS() async throws {
        let bench = try await Bench()
        for client in [nil, "igc/auth-expired", "hospital/dpi", "igc/sign"] as [String?] {
            let answer = try? await Wire.post(Lot.repository, Lot.type, [], to: bench.server.ports.dmp ?? 0, as: client)
            #expect(answer == nil, "\(client ?? "none")")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder + "/dmp").isEmpty)
        await bench.stop()
    }

    @Test(
        "Wrong metadata is refused by its rule, and nothing is stored",
        arguments: [
            ("20260302090000", "20260302100000+0100", "entry.creationTime"), ("<Value>20260302091500</Value>", "<Value>2026</Value>", "lot.submissionTime"),
            ("^IDNPS", "", "lot.author.authorPerson"), ("nodeRepresentation=\"11490-0\"", "nodeRepresentation=\"00000-0\"", "entry.typeCode.table"),
            ("nodeRepresentation=\"10\"", "nodeRepresentation=\"11\"", "entry.class"),
            ("<Value>fr-FR</Value>", "<Value>en-US</Value>", "document.cda.languageCode"),
            ("urn:asip:ci-sis:ldl-ses:2017", "urn:inconnu", "entry.formatCode.table"),
            ("AssociationType:signs", "AssociationType:autre", "signature.entry.signs"),
            ("targetObject=\"Signature01\"", "targetObject=\"Autre01\"", "lot.hasMember"),
            ("1750999990</Value>", "1750999991</Value>", "lot.authorInstitution"),
            ("registryObject=\"Document01\"", "registryObject=\"Lot\"", "rim.registryObject"),
            ("<LocalizedString charset=\"UTF8\" value=\"Source\" xml:lang=\"FR\"/>", "", "entry.title"),
        ])
    func metadata(_ from: String, _ to: String, _ rule: String) async throws {
        let bench = try await Bench()
        var lot = try Lot()
        lot.inRequest = [(from, to)]
        let answer = try #require(try await lot.send(to: bench))
        #expect(answer.status == 200)
        #expect(answer.body.contains("ResponseStatusType:Failure"))
        #expect(try await bench.outcome(1).errors.map(\.rule).contains(rule))
        #expect(try await Wire.control("GET", "/state", to: bench.server.ports.control ?? 0)?.body.contains("urn:uuid") == false)
        await bench.stop()
    }

    @Test("Hash, size, CDA header and manifest are compared with the bytes received") func content() async throws {
        let bench = try await Bench()
        var lot = try Lot()
        lot.inRequest = [("<Value>\(lot.document.count)</Value>", "<Value>1</Value>")]
        _ = try await lot.send(to: bench)
        #expect(try await bench.outcome(1).errors.map(\.rule) == ["document.size"])
        lot = try Lot()
        lot.inRequest = [(Digest.hex(Digest.sha1(lot.document)), String(repeating: "0", count: 40))]
        _ = try await lot.send(to: bench)
        #expect(try await bench.outcome(2).errors.map(\.rule) == ["document.hash"])
        lot = try Lot()
        lot.inSignature = [("1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12.1.1"), ("AA==", "AQ==")]
        _ = try await lot.send(to: bench)
        #expect(try await bench.outcome(3).errors.map(\.rule) == ["signature.invalid"])
        lot = try Lot()
        let signed = try lot.body()
        let text = String(decoding: signed, as: UTF8.self).replacing("<title>", with: "<!-- change --><title>")
        _ = try await Wire.post(Lot.repository, Lot.type, Array(text.utf8), to: bench.server.ports.dmp ?? 0, as: "igc/auth")
        #expect(Set(try await bench.outcome(4).errors.map(\.rule)).isSuperset(of: ["document.hash", "signature.manifest.digest"]))
        await bench.stop()
    }

    @Test("Patients without a DMP or with a closed one; another patient than the VIHF's") func patients() async throws {
        let ins = "269054958815780"
        for (rule, change) in [
            ("patient.absent", { $0.withoutDMP = [ins] }), ("patient.closed", { $0.closed = [ins] }),
        ] as [(String, (inout SandboxConfig.DMP) -> Void)] {
            let bench = try await Bench(change)
            let answer = try #require(try await Lot().send(to: bench))
            #expect(answer.body.contains(rule == "patient.closed" ? "DMPClosed" : "XDSUnknownPatientId"))
            #expect(try await bench.outcome(1).errors.map(\.rule) == [rule])
            await bench.stop()
        }
        let bench = try await Bench()
        var lot = try Lot()
        lot.inVIHF = [(ins, "277076322082910")]
        #expect(try await lot.send(to: bench)?.body.contains("XDSPatientIdDoesNotMatch") ?? false)
        await bench.stop()
    }

    @Test("The same lot twice is a duplicate; the same identifier with other content is worse") func duplicates() async throws {
        let bench = try await Bench()
        var lot = try Lot()
        _ = try await lot.send(to: bench)
        #expect(try await lot.send(to: bench)?.body.contains("XDSDuplicateUniqueIdInRegistry") ?? false)
        lot.document += [0x0A]
        #expect(try await lot.send(to: bench)?.body.contains("XDSNonIdenticalHash") ?? false)
        await bench.stop()
    }

    @Test("Look up, replace, replace again, delete (TD3.1b, TD2.1 RPLC, TD3.3c)") func life() async throws {
        let bench = try await Bench()
        let first = try Lot()
        _ = try await first.send(to: bench)
        let references = try #require(try await first.ask("td31b-request.xml", to: bench))
        let uuid = try #require(references.body.firstMatch(of: Regex("ObjectRef id=\"(urn:uuid:[0-9a-f-]+)\""))?.output[1].substring.map(String.init))
        var second = try Lot()
        second.replaces = uuid
        let replaced = try #require(try await second.send(to: bench))
        #expect(replaced.body.contains("Success"))
        #expect(try await bench.outcome(3).replaced == [uuid])
        var third = try Lot()
        third.replaces = uuid
        #expect(try await third.send(to: bench)?.body.contains("XDSRegistryDeprecatedDocumentError") ?? false)
        third.replaces = "urn:uuid:00000000-0000-4000-8000-000000000000"
        #expect(try await third.send(to: bench)?.body.contains("XDSReplaceFailed") ?? false)
        let current = try await second.ask("td31b-request.xml", to: bench)?.body
        let target = try #require(current?.firstMatch(of: Regex("ObjectRef id=\"(urn:uuid:[0-9a-f-]+)\""))?.output[1].substring.map(String.init))
        var deletion = try Lot()
        deletion.replaces = target
        let deleted = try #require(try await deletion.ask("td33c-request.xml", to: bench))
        #expect(deleted.body.contains("Success"))
        var again = try Lot()
        again.replaces = target
        #expect(try await again.ask("td33c-request.xml", to: bench)?.body.contains("XDSMetadataVersionError") ?? false)
        #expect(try await Lot().ask("td31b-request.xml", to: bench)?.body.contains("totalResultCount=\"0\"") ?? false)
        await bench.stop()
    }

    @Test("Only references may be asked for in indirect mode") func rights() async throws {
        let bench = try await Bench()
        var lot = try Lot()
        lot.inRequest = [("returnType=\"ObjectRef\"", "returnType=\"LeafClass\"")]
        let answer = try #require(try await lot.ask("td31b-request.xml", to: bench))
        #expect(answer.status == 500)
        #expect(answer.body.contains("DMPNotAuthorized"))
        await bench.stop()
    }

    @Test(
        "A damaged MTOM message is a fault",
        arguments: [
            ("--frontiere--", ""), ("cid:document01", "cid:absent"), ("Content-ID: <root", "Content-ID: <autre"), ("urn:ihe:iti:2007:Provide", "urn:x"),
        ])
    func mime(_ from: String, _ to: String) async throws {
        let bench = try await Bench()
        let text = String(decoding: try Lot().body(), as: UTF8.self).replacing(from, with: to)
        let answer = try #require(try await Wire.post(Lot.repository, Lot.type, Array(text.utf8), to: bench.server.ports.dmp ?? 0, as: "igc/auth"))
        #expect(answer.status == 500)
        await bench.stop()
    }

    @Test("A document of 20 MB passes") func large() async throws {
        let bench = try await Bench()
        var lot = try Lot()
        let line = String(repeating: "JVBERi0x", count: 9) + "\r\n"
        let pdf = String(repeating: line, count: 20_000_000 / line.utf8.count)
        let cda = String(decoding: lot.document, as: UTF8.self)
        lot.document = Array(
            cda.replacing("</ClinicalDocument>", with: "<component><nonXMLBody><text>\(pdf)</text></nonXMLBody></component></ClinicalDocument>").utf8)
        let answer = try #require(try await lot.send(to: bench))
        #expect(answer.body.contains("Success"), "\(answer.body)")
        await bench.stop()
    }

    func shell(_ command: String) -> Int32 { system(command + " > /dev/null 2>&1") }
}
