import Clinical
import France
import Testing

@Suite("Answers of the DMP are classified by the table (dossier DMP §5)")
struct DMPVerdictTests {
    private func judge() throws -> DMPJudge { DMPJudge(try DMPFixture.tables().answers) }

    private func failure(_ code: String, _ context: String = "") -> DMPExchange {
        answered(
            "<r:RegistryResponse xmlns:r='urn:r' status='urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure'><r:RegistryErrorList>"
                + "<r:RegistryError errorCode='\(code)' codeContext='\(context)' severity='urn:x:Error'/></r:RegistryErrorList></r:RegistryResponse>")
    }

    private func fault(_ subcode: String, _ reason: String, status: Int = 500, time: Int64? = nil) -> DMPExchange {
        let code = subcode == "Receiver" ? "" : "<s:Subcode><s:Value>d:\(subcode)</s:Value></s:Subcode>"
        return answered(
            "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value>\(code)</s:Code>"
                + "<s:Reason><s:Text xml:lang='fr'>\(reason)</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>", status: status, time: time)
    }

    private func answered(_ xml: String, status: Int = 200, time: Int64? = nil) -> DMPExchange {
        .answered(status: status, contentType: "application/soap+xml; charset=utf-8", body: Array(xml.utf8), serverTime: time)
    }

    private func word(_ verdict: DMPVerdict) -> String {
        switch verdict {
        case .delivered: "delivered"
        case .deferred(_, let nothingStored, _): nothingStored ? "deferred" : "deferred?"
        case .refused: "refused"
        case .unknown: "unknown"
        case .held(_, let owner): "held:\(owner)"
        case .halted: "halted"
        case .lookAgain: "lookAgain"
        }
    }

    /// Class in the table → (first attempt of a first sending, replacement, after an unknown, third attempt).
    private static let meaning: [DMPAnswerClass: (String, String, String, String)] = [
        .transient: ("deferred", "deferred", "deferred?", "deferred"), .twice: ("deferred", "deferred", "deferred?", "held:"),
        .duplicate: ("held:", "held:", "delivered", "held:"), .stale: ("refused", "lookAgain", "held:", "refused"),
        .refused: ("refused", "refused", "refused", "refused"), .held: ("held:", "held:", "held:", "held:"),
        .halted: ("halted", "halted", "halted", "halted"), .clock: ("halted", "halted", "halted", "halted"),
    ]

    @Test("every row of the table, at a first attempt, for a replacement, after an unknown and at a third attempt")
    func everyRow() throws {
        let text = String(decoding: try DMPFixture.file("Mappings/tables/dmp-errors.csv"), as: UTF8.self)
        let table = try CodeTable(text, file: "dmp-errors.csv", required: ["code"], unique: false)
        #expect(table.rows.count > 40)
        for row in table.rows {
            let (place, code, words) = (row[0], row[1], row[2])
            let outcome = try #require(DMPAnswerClass(rawValue: row[3]))
            let sent = code.isEmpty ? "Sender" : code.replacing("*", with: "Inconnu")
            let said = String(words.split(separator: "|").first ?? "texte")
            let exchange = place == "response" ? failure(code == "*" ? "XDSAutre" : sent, said) : fault(sent, said)
            let meaning = try #require(Self.meaning[outcome])
            let contexts: [(String, (inout DMPContext) -> Void)] = [
                (meaning.0, { _ in }), (meaning.1, { $0.namesEntry = true }), (meaning.2, { $0.isUncertain = true }), (meaning.3, { $0.attempt = 3 }),
            ]
            for (expected, change) in contexts {
                var context = DMPContext()
                change(&context)
                let verdict = word(try judge().submission(exchange, context))
                #expect(verdict.hasPrefix(expected), "\(place) \(code)\(words): \(verdict), expected \(expected)")
            }
        }
    }

    @Test("Success is delivered; with warnings too")
    func success() throws {
        let body = try DMPFixture.file("Tests/Fixtures/dmp/td21-response-success.xml")
        let verdict = try judge().submission(.answered(status: 200, contentType: nil, body: body, serverTime: nil), DMPContext())
        #expect(verdict == .delivered("Success"))
    }

    @Test("after an unknown: Success or the duplicate code means stored; a duplicate never unknown is held (EX_3.1-2030: no search)")
    func afterUnknown() throws {
        let body = try DMPFixture.file("Tests/Fixtures/dmp/td21-response-failure-duplicate.xml")
        let exchange = DMPExchange.answered(status: 200, contentType: nil, body: body, serverTime: nil)
        var context = DMPContext()
        #expect(word(try judge().submission(exchange, context)) == "held:vendor")
        context.isUncertain = true
        #expect(try judge().submission(exchange, context) == .delivered("XDSDuplicateUniqueIdInRegistry"))
        for code in ["XDSReplaceFailed", "XDSRegistryDeprecatedDocumentError", "XDSMetadataUpdateError", "XDSMetadataVersionError"] {
            #expect(word(try judge().submission(failure(code), context)) == "held:secretariat")
        }
    }

    @Test("XDSReplaceFailed: one new look-up, then refused")
    func replaceFailed() throws {
        var context = DMPContext()
        context.namesEntry = true
        #expect(word(try judge().submission(failure("XDSReplaceFailed"), context)) == "lookAgain")
        context.hasLookedAgain = true
        #expect(word(try judge().submission(failure("XDSReplaceFailed"), context)) == "refused")
    }

    @Test("an empty look-up: deferred while an earlier delivery of the document is open, else refused")
    func emptyLookUp() throws {
        let empty =
            "<q:AdhocQueryResponse xmlns:q='urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0' "
            + "status='urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success'><x:RegistryObjectList xmlns:x='urn:x'/></q:AdhocQueryResponse>"
        var context = DMPContext()
        guard case .failure(let final) = try judge().lookUp(answered(empty), context) else {
            Issue.record("nothing can be found")
            return
        }
        #expect(word(final.verdict) == "refused")
        context.predecessorIsOpen = true
        guard case .failure(let later) = try judge().lookUp(answered(empty), context) else {
            Issue.record("nothing can be found")
            return
        }
        #expect(word(later.verdict) == "deferred")
    }

    @Test("a look-up gives the entryUUID; without answer it is deferred, never unknown")
    func lookUp() throws {
        let body = try DMPFixture.file("Tests/Fixtures/dmp/td31b-response.xml")
        let found = try judge().lookUp(.answered(status: 200, contentType: nil, body: body, serverTime: nil), DMPContext())
        #expect(found == .success("urn:uuid:99999999-8888-4777-8666-555555555555"))
        let exchanges: [(DMPExchange, String)] = [
            (.unanswered("timed out"), "deferred"), (.nothingSent("refused", ourSetup: false), "deferred"),
            (.nothingSent("certificate", ourSetup: true), "halted"), (answered("gone", status: 502), "deferred"),
            (failure("XDSRegistryBusy"), "deferred"), (fault("DMPInvalidCertificate", ""), "halted"), (failure("XDSStoredQueryParamNumber"), "held:vendor"),
        ]
        for (exchange, expected) in exchanges {
            guard case .failure(let failure) = try judge().lookUp(exchange, DMPContext()) else {
                Issue.record("no entry was given")
                return
            }
            #expect(word(failure.verdict) == expected)
        }
    }

    @Test(
        "an answer without readable SOAP is judged by its status",
        arguments: [
            (503, "deferred"), (429, "deferred"), (408, "deferred"), (401, "halted"), (403, "halted"), (404, "halted"), (413, "refused"),
            (400, "held:vendor"), (500, "unknown"), (502, "unknown"), (504, "unknown"), (200, "unknown"),
        ])
    func statuses(_ status: Int, _ expected: String) throws {
        for body in ["", "<html/>", "--b\n\nbroken"] {
            #expect(word(try judge().submission(answered(body, status: status), DMPContext())) == expected)
        }
    }

    @Test("transport: nothing sent is deferred, our certificate halts, silence after sending is unknown")
    func transport() throws {
        #expect(word(try judge().submission(.nothingSent("x", ourSetup: false), DMPContext())) == "deferred")
        #expect(word(try judge().submission(.nothingSent("x", ourSetup: true), DMPContext())) == "halted")
        #expect(word(try judge().submission(.unanswered("x"), DMPContext())) == "unknown")
    }

    @Test("a VIHF refused for clock skew is named as such, with the difference")
    func clock() throws {
        var context = DMPContext()
        context.now = 1000
        guard case .halted(let reason) = try judge().submission(fault("FailedAuthentication", "NotOnOrAfter dépassé", time: 880), context) else {
            Issue.record("our clock halts the structure")
            return
        }
        #expect(
            reason.french == "Le VIHF est refusé pour cause d'horloge : vérifier l'heure du serveur (notre horloge est en avance de 120 s sur celle du DMP)")
        #expect(reason.english.hasSuffix("(our clock is 120 s ahead)"))
    }

    @Test("code and text are kept; long numbers are hidden in the label, kept in the detail (EX_GEN-1140)")
    func verbatim() throws {
        guard case .refused(let reason) = try judge().submission(failure("XDSUnknownPatientId", "INS 269029910900215 inconnu"), DMPContext()) else {
            Issue.record("an unknown patient is refused")
            return
        }
        #expect(reason.code == "XDSUnknownPatientId")
        #expect(reason.label == "INS ••• inconnu")
        #expect(reason.detail == "INS 269029910900215 inconnu")
        #expect(!reason.french.contains("269029910900215"))
        guard case .refused(let closed) = try judge().submission(failure("DMPClosed"), DMPContext()) else {
            Issue.record("a closed DMP is refused")
            return
        }
        #expect(closed.label == "DMP fermé")
    }

    @Test("a table with a word it does not know is refused with its place")
    func badTable() {
        let head = "# source: x\n# version: 1\nin,code,text,outcome,owner,fr,en\n"
        for row in ["response,A,,perhaps,,a,b", "body,A,,refused,,a,b", "fault,A,,held,nobody,a,b"] {
            #expect(throws: CodeTableError.self) { try DMPAnswerTable(head + row + "\n", file: "t.csv") }
        }
    }
}

@Suite("Code tables of the DMP")
struct DMPTablesTests {
    @Test("types not in ASS_X16 are not fed; J07 has 114 types")
    func types() throws {
        let tables = try DMPFixture.tables()
        for type in ["60280-5", "78341-5", "51851-4", "34120-6", "101881-1"] {
            #expect(!tables.isFed(type: type))
            #expect(tables.documentTypes.contains(type))
        }
        #expect(tables.classCode(ofType: "18748-4")?.code == "31")
        #expect(tables.types.rows.count == 103)
        #expect(tables.documentTypes.rows.count == 114)
    }

    @Test("every class and format that an association names is in the value set, or is known not to be")
    func coherence() throws {
        let tables = try DMPFixture.tables()
        let classColumn = try #require(tables.types.columns.firstIndex(of: "classCode"))
        for row in tables.types.rows { #expect(tables.classes.contains(row[classColumn]), "\(row[0])") }
        let absent = tables.templates.rows.map { $0[1] }.filter { !tables.formats.contains($0) }
        #expect(Set(absent) == ["urn:asip:ci-sis:export-dui:2023", "urn:ihe:pat:apsr:all:2010"])
        #expect(tables.templates.rows.allSatisfy { !$0[1].contains("ci-cis") })
        for row in tables.media.rows { #expect(tables.formats.contains(row[1])) }
    }
}
