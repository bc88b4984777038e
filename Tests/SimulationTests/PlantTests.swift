import Foundation
import Simulation
import Testing

/// The command beside the tests, as a person runs it: a process of its own, since a seed replays only where sets have the same order each time.
private func simulate(_ arguments: String...) throws -> (code: Int32, output: String) {
    let command = Process()
    command.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "passerelle-simulate")
    command.arguments = arguments
    let output = Pipe()
    command.standardOutput = output
    try command.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    command.waitUntilExit()
    return (command.terminationStatus, said)
}

@Suite("The simulation finds what is planted, and nothing else", .serialized)
struct PlantTests {
    @Test("a planted fault is found within 10 000 seeds, and the trace says what was not allowed", arguments: Plant.allCases)
    func planted(_ plant: Plant) throws {
        let (code, output) = try simulate("--plant", plant.rawValue, "--seeds", "10000")
        #expect(code == 1, "\(plant.rawValue): \(output)")
        #expect(output.contains("NOT ALLOWED: "))
    }

    @Test("without one, a sample of seeds finds nothing", arguments: [JournalKind.memory, .sqlite])
    func clean(_ journal: JournalKind) throws {
        let (code, output) = try simulate("--journal", journal.rawValue, "--seeds", journal == .memory ? "1000" : "100")
        #expect(code == 0, "\(output)")
    }

    @Test("a seed replays: the same course, line by line, in another process", arguments: [JournalKind.memory, .sqlite])
    func replay(_ journal: JournalKind) throws {
        var courses: Set<String> = []
        for seed in 1...5 {
            let first = try simulate("--seed", "\(seed)", "--journal", journal.rawValue, "--trace"),
                again = try simulate(
                    "--seed", "\(seed)", "--journal", journal.rawValue, "--trace")
            #expect(first.output == again.output)
            courses.insert(first.output)
        }
        #expect(courses.count == 5)
    }

    @Test("wrong arguments are said, with exit code 2; --help explains")
    func arguments() throws {
        #expect(try simulate("--seeds", "some").code == 2)
        #expect(try simulate("--plant", "nothing").code == 2)
        let help = try simulate("--help")
        #expect(help.code == 0 && help.output.contains("--plant"))
    }
}
