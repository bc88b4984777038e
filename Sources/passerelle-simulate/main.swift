import Glibc
import Simulation

// Runs the engine whole, over many seeds, against the model of what is allowed.
exit(Command.run(Array(CommandLine.arguments.dropFirst())))
