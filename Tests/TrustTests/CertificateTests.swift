import FoundationEssentials
import Testing
import Trust

@Suite("Certificates and keys") struct CertificateTests {
    @Test("A seal certificate of IGC-Santé's shape (dossier DMP §2)") func seal() throws {
        let certificate = try Certificate(pem: dmp("pki-sign.pem"))
        #expect(certificate.subject == "CN=PFI CACHET FICTIF,OU=1750999990,O=CENTRE HOSPITALIER FICTIF,ST=Paris (75),C=FR")
        #expect(certificate.issuer == "CN=AC FICTIVE ORGANISATIONS,O=AUTORITE FICTIVE,C=FR")
        #expect(certificate.serial == "464931253061059912570434908297247276023138337455")
        #expect(certificate.organisationalUnit == "1750999990")
        #expect(certificate.keyUsage == [.digitalSignature, .nonRepudiation])
        #expect(certificate.extendedKeyUsage == [Certificate.emailProtection])
        #expect(certificate.notBefore == 1_767_225_600)
        #expect(certificate.notAfter == 2_082_758_400)
        #expect(!certificate.isAuthority)
        #expect(try Certificate(pem: dmp("pki-ca.pem")).isAuthority)
        #expect(try Certificate(pem: Array(certificate.pem.utf8)) == certificate)
        #expect(try Certificate(pem: dmp("pki-auth.pem")).extendedKeyUsage == [Certificate.clientAuth])
    }

    @Test("Damaged certificates and keys are errors, not crashes") func damaged() {
        #expect(throws: TrustError.unreadable("certificate")) { try Certificate(pem: Array("-----BEGIN".utf8)) }
        #expect(throws: TrustError.unreadable("certificate")) { try Certificate(der: [0x30, 0x82, 1]) }
        #expect(throws: TrustError.unreadable("private key")) { try PrivateKey(pem: []) }
        #expect(throws: TrustError.unreadable("PKCS#12 container")) { try Identity(pkcs12: [1, 2, 3], passphrase: "x") }
    }

    @Test("A key signs the same bytes the same way, and its certificate agrees") func signing() throws {
        let key = try PKI.key("igc/sign")
        let certificate = try PKI.certificate("igc/sign")
        #expect(key.matches(certificate))
        #expect(try !key.matches(PKI.certificate("igc/auth")))
        for digest in [Digest.sha1, .sha256] {
            let signature = try key.sign([1, 2, 3], digest)
            #expect(try signature == key.sign([1, 2, 3], digest))
            #expect(certificate.verifies(signature, of: [1, 2, 3], digest))
            #expect(!certificate.verifies(signature, of: [1, 2, 4], digest))
        }
        #expect(throws: TrustError.self) { try PKI.key("hospital/dpi").sign([1], .sha256) }
        #expect(!"\(key)".contains("BEGIN"))
        #expect(try PrivateKey(pem: key.pem).matches(certificate))
    }

    @Test("PKCS#12: key, certificate and chain; a wrong pass phrase is named") func pkcs12() throws {
        let identity = try Identity(pkcs12: PKI.file("mss/pfi.p12"), passphrase: "essai")
        #expect(identity.certificate.commonName == "pfi@essai.mssante.example")
        #expect(identity.chain.count == 1)
        #expect(identity.key.matches(identity.certificate))
        #expect(throws: TrustError.passphrase) { try Identity(pkcs12: PKI.file("mss/pfi.p12"), passphrase: "faux") }
    }

    @Test("An enciphered key opens with its pass phrase only") func enciphered() throws {
        try #require(has("openssl"))
        let out = try run("openssl", ["pkey", "-in", PKI.folder + "/igc/sign.key", "-aes128", "-passout", "pass:secret"])
        let pem = Array(out.text.utf8)
        #expect(try PrivateKey(pem: pem, passphrase: "secret").isRSA)
        #expect(throws: TrustError.passphrase) { try PrivateKey(pem: pem) }
        #expect(throws: TrustError.passphrase) { try PrivateKey(pem: pem, passphrase: "faux") }
    }
}

@Suite("Judging a peer") struct TrustStoreTests {
    @Test(
        "Each bad certificate is refused for its own reason",
        arguments: [
            ("hospital/dpi", nil), ("hospital/expired", .expired), ("hospital/revoked", .revoked), ("hospital/stranger", .unknownIssuer),
            ("hospital/mllp", .wrongPurpose),
        ] as [(String, TrustStore.Reason?)])
    func reasons(_ name: String, _ reason: TrustStore.Reason?) throws {
        #expect(try PKI.store("hospital").judge(chain: PKI.chain(name), at: now(), purpose: .client).reason == reason)
    }

    @Test("The two levels of the organisations' authority are followed") func twoLevels() throws {
        let store = try PKI.store("igc")
        #expect(try store.judge(chain: [PKI.certificate("igc/auth").der], at: now(), purpose: .client).reason == nil)
        #expect(try store.judge(chain: PKI.chain("igc/sign"), at: now(), purpose: .signer).reason == nil)
        #expect(try store.judge(chain: PKI.chain("igc/sign"), at: now(), purpose: .client).reason == .wrongPurpose)
        #expect(try store.judge(chain: PKI.chain("igc/sign-revoked"), at: now(), purpose: .signer).reason == .revoked)
        #expect(try store.judge(chain: PKI.chain("igc/sign-expired"), at: now(), purpose: .signer).reason == .expired)
        #expect(try store.judge(chain: PKI.chain("dmp/server"), at: now(), purpose: .server).reason == nil)
    }

    @Test("A good certificate whose subject is not in the list is refused") func subjects() throws {
        let store = try PKI.store("hospital")
        let dpi = try #require(DistinguishedName("C=FR, O=CH DEMO, OU=DPI, CN=dpi"))
        let other = try #require(DistinguishedName("CN=autre,C=FR"))
        #expect(try store.judge(chain: PKI.chain("hospital/dpi"), at: now(), purpose: .client, allowedSubjects: [other, dpi]).reason == nil)
        #expect(try store.judge(chain: PKI.chain("hospital/dpi"), at: now(), purpose: .client, allowedSubjects: [other]).reason == .subjectNotAllowed)
        #expect(try store.judge(chain: PKI.chain("hospital/dpi"), at: now(), purpose: .client, allowedSubjects: []).reason == .subjectNotAllowed)
    }

    @Test("A revocation list past its date, or of another authority, lets nobody in") func lists() throws {
        let late = now() + 3 * 86_400
        let valid = try TrustStore(authorities: [dmp("pki-ca.pem")], revocationLists: [PKI.file("hospital/ca.crl")])
        #expect(try valid.judge(chain: [Certificate(pem: dmp("pki-auth.pem")).der], at: now(), purpose: .client).reason == .crlMissing)
        #expect(try PKI.store("hospital").judge(chain: PKI.chain("hospital/dpi"), at: late, purpose: .client).reason != nil)
        #expect(throws: TrustError.self) { try TrustStore(authorities: [dmp("pki-ca.pem")], revocationLists: [[1, 2]]) }
    }

    @Test("No certificate at all") func none() throws {
        #expect(try PKI.store("hospital").judge(chain: [], at: now(), purpose: .client).reason == .unreadable)
        #expect(try PKI.store("hospital").judge(chain: [[1, 2, 3]], at: now(), purpose: .client).reason == .unreadable)
    }

    @Test("Many judge at once") func concurrent() async throws {
        let store = try PKI.store("hospital")
        let chain = try PKI.chain("hospital/dpi")
        let at = now()
        let good = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { store.judge(chain: chain, at: at, purpose: .client).reason == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 64)
    }
}
