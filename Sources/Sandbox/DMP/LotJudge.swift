import Trust
import XMLTree

/// What the rules need to know about where a lot came from.
struct LotContext {
    let vihf: VIHF
    let insRoots: [String]
    let tables: CodeTables
}

/// Judges the metadata of a lot and of its entries (dossier DMP §4.2 to §4.7 and §8, points 13 to 16).
struct LotJudge {
    let submission: Submission
    let context: LotContext
    private(set) var complaints: [Complaint] = []

    init(_ submission: Submission, _ context: LotContext) {
        self.submission = submission
        self.context = context
    }

    mutating func judge(links: Bool = true) -> [Complaint] {
        judgeIDs()
        judgeLot()
        for entry in submission.entries { judgeEntry(entry) }
        judgeDuplicates()
        if links { judgeLinks() }
        return complaints
    }

    private mutating func expect(_ holds: Bool, _ rule: String, _ text: String, _ found: String = "") {
        if !holds { complaints.append(.metadata(text, rule: rule, found: found)) }
    }

    private mutating func judgeIDs() {
        var seen: Set<String> = []
        for object in [submission.package] + submission.entries + submission.associations {
            for id in [object.id] + object.classifications.map(\.id) {
                expect(!id.isEmpty && seen.insert(id).inserted, "rim.id", "identifiant absent ou employé deux fois", id)
            }
            for one in object.classifications { expect(one.classifiedObject == object.id, "rim.classifiedObject", "classifiedObject incorrect", one.id) }
            for one in object.identifiers { expect(one.object == object.id, "rim.registryObject", "registryObject incorrect", one.scheme) }
        }
    }

    private mutating func judgeLot() {
        let lot = submission.package
        expect(lot.classifications.contains { $0.node == "urn:uuid:" + Scheme.lot }, "lot.node", "le RegistryPackage n'est pas marqué comme lot")
        expect(Formats.isTime(lot.slot("submissionTime") ?? "", digits: 14...14), "lot.submissionTime", "submissionTime", lot.slot("submissionTime") ?? "")
        let authors = lot.codes(Scheme.lotAuthor)
        expect(authors.count == 1, "lot.author", "un auteur du lot est attendu", "\(authors.count)")
        for author in authors { judgeAuthor(author, "lot.author") }
        let structures = authors.flatMap { $0.slots["authorInstitution"] ?? [] }.compactMap(Formats.xon)
        if !structures.contains(where: { $0 == context.vihf.structure || $0.hasPrefix(context.vihf.structure + "/") }) {
            complaints.append(
                .registry(
                    "XDSRepositoryError", "aucun AuthorInstitution ne correspond à l'utilisateur du VIHF", rule: "lot.authorInstitution",
                    found: structures.joined(separator: " ")))
        }
        let content = lot.codes(Scheme.lotContentType)
        expect(content.count == 1, "lot.contentTypeCode", "contentTypeCode")
        for code in content { judgeCoded(code, "lot.contentTypeCode") }
        judgePatient(lot.identifier(Scheme.lotPatient), "lot.patientId")
        let source = lot.identifier(Scheme.lotSource) ?? ""
        expect(Formats.isOID(source), "lot.sourceId", "sourceId", source)
        let unique = lot.identifier(Scheme.lotUnique) ?? ""
        expect(Formats.isOID(unique), "lot.uniqueId", "uniqueId du lot", unique)
    }

    private mutating func judgePatient(_ value: String?, _ rule: String) {
        guard let value, let patient = Formats.ins(value) else { return expect(false, rule, "patientId n'a pas la forme INS^^^&OID&ISO^NH", value ?? "") }
        expect(context.insRoots.contains(patient.root), rule + ".root", "domaine d'INS étranger à cette plate-forme", patient.root)
        if let vihf = context.vihf.patient, vihf.ins != patient.ins || vihf.root != patient.root {
            complaints.append(.registry("XDSPatientIdDoesNotMatch", "patientId différent de celui du VIHF", rule: rule + ".vihf"))
        }
    }

    private mutating func judgeAuthor(_ author: RIMObject.Classification, _ rule: String) {
        expect(author.representation.isEmpty, rule + ".nodeRepresentation", "nodeRepresentation d'un auteur doit être vide")
        let persons = author.slots["authorPerson"] ?? []
        expect(persons.count == 1 && Formats.isXCN(persons[0]), rule + ".authorPerson", "authorPerson", persons.joined(separator: " | "))
        let institutions = author.slots["authorInstitution"] ?? []
        let isPatient = persons.first?.hasSuffix("^NH") ?? false
        expect(
            (isPatient || !institutions.isEmpty) && institutions.allSatisfy { Formats.xon($0) != nil }, rule + ".authorInstitution", "authorInstitution",
            institutions.joined(separator: " | "))
        for speciality in author.slots["authorSpecialty"] ?? [] {
            expect(Formats.isCoded(speciality), rule + ".authorSpecialty", "authorSpecialty", speciality)
        }
    }

    private mutating func judgeCoded(_ code: RIMObject.Classification, _ rule: String) {
        expect(!code.representation.isEmpty, rule + ".code", "code vide")
        expect((code.slots["codingScheme"] ?? []).count == 1 && !(code.slots["codingScheme"]?[0] ?? "").isEmpty, rule + ".codingScheme", "codingScheme")
        expect(!(code.label ?? "").isEmpty, rule + ".label", "libellé absent", code.representation)
    }

    private mutating func judgeEntry(_ entry: RIMObject) {
        let rule = "entry"
        expect(entry.element.attribute("objectType") == Scheme.documentEntry, rule + ".objectType", "objectType", entry.id)
        let mime = entry.element.attribute("mimeType") ?? ""
        expect(["text/xml", "application/xslt+xml", "application/dicom"].contains(mime), rule + ".mimeType", "mimeType", mime)
        for name in ["creationTime", "serviceStartTime"] {
            expect(Formats.isTime(entry.slot(name) ?? ""), "\(rule).\(name)", "\(name) doit être en UTC, sans décalage", entry.slot(name) ?? "")
        }
        if let stop = entry.slot("serviceStopTime") { expect(Formats.isTime(stop), rule + ".serviceStopTime", "serviceStopTime", stop) }
        expect(!(entry.slot("languageCode") ?? "").isEmpty, rule + ".languageCode", "languageCode")
        expect(
            Formats.isXCN(entry.slot("legalAuthenticator") ?? ""), rule + ".legalAuthenticator", "legalAuthenticator", entry.slot("legalAuthenticator") ?? "")
        let source = entry.slot("sourcePatientId") ?? ""
        expect(Formats.cx(source) != nil, rule + ".sourcePatientId", "sourcePatientId", source)
        for info in entry.slots["sourcePatientInfo"] ?? [] {
            expect(info.hasPrefix("PID-") && info.contains("|"), rule + ".sourcePatientInfo", "sourcePatientInfo", info)
        }
        for reference in entry.slots["urn:ihe:iti:xds:2013:referenceIdList"] ?? [] {
            let known = [":accession", ":order", ":studyInstanceUID"].contains { reference.hasSuffix($0) }
            expect(known, rule + ".referenceIdList", "referenceIdList", reference)
        }
        expect(entry.slots["repositoryUniqueId"] == nil, rule + ".repositoryUniqueId", "repositoryUniqueId est attribué par l'entrepôt")
        expect(!(entry.label ?? "").isEmpty, rule + ".title", "titre absent", entry.id)
        let authors = entry.codes(Scheme.author)
        expect(!authors.isEmpty, rule + ".author", "auteur absent", entry.id)
        for author in authors { judgeAuthor(author, rule + ".author") }
        judgePatient(entry.identifier(Scheme.patient), rule + ".patientId")
        let unique = entry.identifier(Scheme.unique) ?? ""
        expect(Formats.isUniqueID(unique), rule + ".uniqueId", "uniqueId", unique)
        judgeCodes(entry)
    }

    private mutating func judgeCodes(_ entry: RIMObject) {
        let isSignature = LotSignatureJudge.isSignature(entry)
        let single = [
            ("classCode", Scheme.classCode), ("typeCode", Scheme.typeCode), ("formatCode", Scheme.format),
            ("healthcareFacilityTypeCode", Scheme.facility), ("practiceSettingCode", Scheme.practice),
        ]
        for (name, scheme) in single {
            let codes = entry.codes(scheme)
            expect(codes.count == 1, "entry." + name, "un \(name) est attendu", "\(codes.count)")
            for code in codes {
                judgeCoded(code, "entry." + name)
                let isMark = isSignature && ["classCode", "typeCode", "formatCode"].contains(name)
                if !isMark { judgeTable(name, code) }
            }
        }
        for event in entry.codes(Scheme.event) { judgeCoded(event, "entry.eventCode") }
        let confidentiality = entry.codes(Scheme.confidentiality)
        expect((1...4).contains(confidentiality.count), "entry.confidentialityCode", "un à quatre codes de confidentialité", "\(confidentiality.count)")
        for code in confidentiality {
            judgeCoded(code, "entry.confidentialityCode")
            judgeTable("confidentialityCode", code)
        }
        let levels = confidentiality.map(\.representation).filter { ["N", "R", "V"].contains($0) }
        expect(
            levels.count == 1, "entry.confidentialityCode.level", "un masque s'ajoute à N, jamais seul",
            confidentiality.map(\.representation).joined(separator: " "))
        guard !isSignature, let type = entry.codes(Scheme.typeCode).first, let row = context.tables.row("typeCode", type.representation) else { return }
        let given = entry.codes(Scheme.classCode).first?.representation ?? ""
        expect(given == row["classCode"], "entry.class", "classCode ne correspond pas au typeCode (ASS_X16)", "\(type.representation) \(given)")
    }

    private mutating func judgeTable(_ table: String, _ code: RIMObject.Classification) {
        guard let row = context.tables.row(table, code.representation) else {
            return expect(false, "entry.\(table).table", "\(table) inconnu", code.representation)
        }
        let scheme = code.slots["codingScheme"]?.first ?? ""
        if let expected = row["codingScheme"], !expected.isEmpty {
            expect(scheme == expected, "entry.\(table).scheme", "codingScheme de \(table)", scheme)
        }
    }

    private mutating func judgeDuplicates() {
        var seen: Set<String> = []
        for unique in submission.entries.compactMap({ $0.identifier(Scheme.unique) }) + [submission.package.identifier(Scheme.lotUnique) ?? ""]
        where !seen.insert(unique).inserted {
            complaints.append(.registry("XDSRegistryDuplicateUniqueIdInMessage", "le même uniqueId deux fois dans le lot", rule: "lot.twice", found: unique))
        }
    }

    private mutating func judgeLinks() {
        let members = submission.links(Link.hasMember)
        for entry in submission.entries {
            let found = members.filter { $0.source == submission.package.id && $0.target == entry.id }
            expect(found.count == 1, "lot.hasMember", "association HasMember absente", entry.id)
            for member in found {
                expect(member.object.slot("SubmissionSetStatus") == "Original", "lot.submissionSetStatus", "SubmissionSetStatus", entry.id)
            }
        }
        let known = [Link.hasMember, Link.signs, Link.replaces]
        for association in submission.associations {
            let type = association.element.attribute("associationType") ?? ""
            expect(known.contains(type), "lot.association", "type d'association inattendu", type)
        }
        expect(!submission.entries.isEmpty, "lot.empty", "lot sans document")
    }
}
