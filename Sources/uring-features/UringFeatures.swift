// SPDX-License-Identifier: Apache-2.0

import CommandLineOptions
import KernelChecks
import SystemPackage
import Uring

/// Tells what the running kernel's io_uring really does.
@main
struct UringFeatures {
  private static let usage = """
    usage: uring-features [--json] [--require full|degraded|one-shot] [--only NAME]

    Tries every behaviour of io_uring that swift-uring relies on or has to know of.

      --json           writes the report as JSON
      --require TIER   ends with status 1 unless the kernel has this tier and
                       everything that belongs to it behaves as described
      --only NAME      tries one behaviour

    SWIFT_URING_HIDE=feature,... hides features, as if the kernel did not have them.

    """

  static func main() {
    do throws(CommandLineError) {
      let options = try CommandLineOptions(
        Array(CommandLine.arguments.dropFirst()), valued: ["require", "only"],
        flags: ["json", "help"])
      if options.has("help") { return write(usage) }
      exit(try run(options))
    } catch {
      write("uring-features: \(error)\n\(usage)", to: .standardError)
      exit(.usage)
    }
  }

  private static func run(_ options: CommandLineOptions) throws(CommandLineError) -> ExitStatus {
    let required = try tier(options.text("require"))
    let checks = try selected(options.text("only"))
    let machine: MachineReport
    do throws(RingSetupError) {
      machine = try MachineReport()
    } catch {
      let refusal = RefusalReport(error)
      write(options.has("json") ? refusal.json.text + "\n" : refusal.text)
      return .notMet
    }
    let report = Report(machine: machine, rows: checks.map(Report.Row.init))
    write(options.has("json") ? report.json.text + "\n" : report.text)
    guard let required else { return .met }
    let reasons = report.reasons(against: required)
    for reason in reasons { write("uring-features: \(reason)\n", to: .standardError) }
    return reasons.isEmpty ? .met : .notMet
  }

  private static func tier(_ name: String?) throws(CommandLineError) -> KernelTier? {
    guard let name else { return nil }
    guard let tier = KernelTier.allCases.first(where: { $0.name == name }) else {
      throw .unexpected(name)
    }
    return tier
  }

  private static func selected(_ name: String?) throws(CommandLineError) -> [KernelCheck] {
    guard let name else { return KernelCheck.all }
    let checks = KernelCheck.all.filter { $0.name == name }
    guard !checks.isEmpty else { throw .unexpected(name) }
    return checks
  }

  private static func write(_ text: String, to descriptor: FileDescriptor = .standardOutput) {
    // A reader that has gone away is not worth a message.
    _ = try? descriptor.writeAll(text.utf8)
  }
}
