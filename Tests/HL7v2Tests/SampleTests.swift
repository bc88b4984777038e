import HL7v2
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct SampleTests {
    /// Paths of the official samples, when they are there.
    private static func samples() -> [String] {
        let folder = getenv("PASSERELLE_SAMPLES").map { String(cString: $0) } ?? root() + "/../shared/samples"
        var found = [String]()
        var open = [folder + "/hl7v2"]
        while let next = open.popLast() {
            guard let handle = opendir(next) else { continue }
            defer { closedir(handle) }
            while let entry = readdir(handle) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
                guard !name.hasPrefix(".") else { continue }
                if entry.pointee.d_type == UInt8(DT_DIR) {
                    open.append(next + "/" + name)
                } else if name.hasSuffix(".hl7") || name.hasSuffix(".er7") || name.hasPrefix("Message_metier") {
                    found.append(next + "/" + name)
                }
            }
        }
        return found
    }

    @Test("Every official sample is indexed, its document decodes, and an AA can be built")
    func official() throws {
        let all = SampleTests.samples()
        var refused = 0
        for path in all {
            let bytes = try file(path)
            let m: HL7Message
            do throws(HL7Error) {
                m = try HL7Message(bytes)
            } catch {
                // One of them was through a word processor: its MSH-2 holds a U+02DC. The refusal names the place.
                #expect(error == .badDelimiters && error.location == HL7Location("MSH", field: 2), "\(path)")
                refused += 1
                continue
            }
            #expect(m.value("MSH-10") != nil, "\(path)")
            for obx in m.segments("OBX") where obx.value(2) == "ED" {
                guard let document = obx.raw(5, component: 5) else { continue }
                #expect((try? Base64.decode(document)) != nil || obx.value(3)?.hasPrefix("CORPSMAIL") == true, "\(path) \(obx.location())")
            }
            let ack = try HL7Message(Acknowledgement.build(.AA, for: m, controlID: "1", time: "1"))
            #expect(ack["MSA-2"] == m["MSH-10"])
        }
        #expect(refused <= 1)
        print("official HL7v2 samples run: \(all.count), refused: \(refused)")
    }
}
