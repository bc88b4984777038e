import Clinical
import France
import HL7v2
import Pipeline
import Trust

/// Reading the request, and the small services of a conversation.
extension DMPConversation {
    /// Reads the request, applies the gate, decodes the documents. Costs as much as the documents are large: on an I/O thread.
    func prepare() async throws(End) -> Prepared {
        let bytes: [UInt8]
        do throws(JournalError) { bytes = try await attempt.bytes() } catch { throw End(error.outcome) }
        let line: Line
        switch await self.line(delivery.facility) {
        case .success(let found): line = found
        case .failure(let reason): throw End(.halted(scope: scope, reason))
        }
        let result: Result<Prepared, End> = await blocking { [self] in
            do throws(End) { return .success(try read(bytes, line)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func read(_ bytes: [UInt8], _ line: Line) throws(End) -> Prepared {
        guard let message = try? HL7Message(bytes) else { throw End(.held(DMPReasons.notARequest, owner: .exploitation)) }
        let request = DocumentRequest(taken: message)
        guard let kind = request.kind, let party = request.sender else { throw End(.held(DMPReasons.notARequest, owner: .exploitation)) }
        let facility = line.facility
        if let refusal = sender.gate(request, facility) { throw End(refusedHere(Reason(refusal))) }
        guard let ins = request.patient.ins else { throw End(.held(DMPReasons.notARequest, owner: .identity)) }
        do throws(DMPLotError) {
            let submitter = try DMPSubmitter(
                party, facility: facility.finessGeo.isEmpty ? "" : "1\(facility.finessGeo)", facilityName: facility.title,
                application: request.header.sendingApplication,
                professionals: facility.professionals.mapValues { ProfessionalRole(profession: $0.role, specialty: $0.specialty) },
                tables: sender.tables)
            var input = DMPLotInput(
                request, ins: ins, documents: try documents(request), submitter: submitter,
                ids: try DerivedIDs(key: delivery.key.bytes, root: sender.services.node.software.instanceOID),
                accepted: delivery.message.envelope.received.milliseconds, seal: line.seal)
            input.digest = sender.settings.lotDigest
            input.zone = sender.settings.zone
            return Prepared(line: line, isSecret: request.says(.secretConnection), kind: kind, input: input, isUnlisted: submitter.isUnlisted)
        } catch {
            throw end(error)
        }
    }

    private func documents(_ request: DocumentRequest) throws(DMPLotError) -> [DMPDocument] {
        var documents: [DMPDocument] = []
        for document in request.documents {
            do {
                documents.append(try DMPDocument(document.decoded()))
            } catch {
                // The control opened it before the ACK.
                throw DMPLotError(
                    .document, at: "OBX[\(document.ordinal)]-5.5", french: "le document n'est plus lisible",
                    english: "the document can no longer be read")
            }
        }
        return documents
    }

    func end(_ error: DMPLotError) -> End {
        End(error.kind == .configuration ? .halted(scope: scope, Reason(error)) : refusedHere(Reason(error)))
    }

    /// Refused before sending; a person decides where an earlier attempt may have been stored.
    private func refusedHere(_ reason: Reason) -> Outcome { delivery.mayHaveLeft ? .held(reason, owner: .exploitation) : .refused(reason) }

    /// A VIHF for one request: fresh each time. The DMP refuses one whose user is known from a later time: a clock that was ahead at the receipt.
    func vihf(_ prepared: Prepared) throws(End) -> VIHF {
        let now = sender.services.engine.time.now.milliseconds
        return VIHF(
            submitter: prepared.input.submitter, patient: prepared.input.ins,
            sector: prepared.line.facility.sector.isEmpty ? "SA01" : prepared.line.facility.sector,
            isSecret: prepared.isSecret, lps: prepared.line.lps, settings: sender.settings.vihf,
            issued: now, authenticated: min(delivery.message.envelope.received.milliseconds, now),
            id: sender.uuid())
    }

    /// Commits facts before bytes leave. A lot that may be there already must not leave again with other bytes.
    func record(_ facts: [String: String]) async throws(End) {
        for (name, digest) in facts where name.hasPrefix("digest") && isUncertain(name) && digest != delivery.facts[name] {
            throw End(.held(DMPReasons.otherBytes, owner: .exploitation))
        }
        do throws(JournalError) {
            try await attempt.record(facts)
        } catch {
            throw End(.deferred(DMPReasons.notRecorded, nothingStored: !delivery.wasUnknown))
        }
    }

    /// Blocking or heavy work, on the threads of this sender.
    func blocking<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await sender.services.engine.io.run(sender.name, places: sender.concurrency, work)
    }

    /// The same for work that can find a lot impossible.
    func door<T: Sendable>(_ work: @escaping @Sendable () throws(DMPLotError) -> T) async throws(End) -> T {
        let result: Result<T, DMPLotError> = await blocking {
            do throws(DMPLotError) { return .success(try work()) } catch { return .failure(error) }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw end(error)
        }
    }
}

extension DMPSender {
    /// A random UUID (RFC 9562, version 4) of the engine's chance.
    func uuid() -> String {
        let (high, low) = (services.engine.random.next(), services.engine.random.next())
        let hex = Array(Key128(high: high & ~0xF000 | 0x4000, low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000).hex)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }.joined(separator: "-")
    }
}
