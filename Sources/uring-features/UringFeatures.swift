// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
import KernelChecks
import SystemPackage
public import Uring

/// Tells what the running kernel's io_uring really does.
@main
struct UringFeatures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uring-features",
    abstract: "Try every behaviour of io_uring that swift-uring relies on or has to know of.",
    discussion: """
      SWIFT_URING_HIDE=feature,... hides features, as if the kernel did not have them.

      The exit code is 1 where no ring can be made, or where --require is not met.
      """)

  @Flag(help: "Write the report as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "End with 1 unless the kernel has this tier and all that belongs to it behaves as described.",
      valueName: "tier"))
  var require: KernelTier?

  @Option(help: ArgumentHelp("Try one behaviour.", valueName: "name"))
  var only: String?

  func run() throws {
    let checks = try selected()
    let machine: MachineReport
    do throws(RingSetupError) {
      machine = try MachineReport()
    } catch {
      let refusal = RefusalReport(error)
      Self.write(json ? refusal.json.text + "\n" : refusal.text)
      throw ExitCode.failure
    }
    let report = Report(machine: machine, rows: checks.map(Report.Row.init))
    Self.write(json ? report.json.text + "\n" : report.text)
    let reasons = require.map(report.reasons) ?? []
    for reason in reasons { Self.write("uring-features: \(reason)\n", to: .standardError) }
    if !reasons.isEmpty { throw ExitCode.failure }
  }

  private func selected() throws -> [KernelCheck] {
    guard let only else { return KernelCheck.all }
    let checks = KernelCheck.all.filter { $0.name == only }
    guard !checks.isEmpty else { throw ValidationError("'\(only)' is no name of a behaviour.") }
    return checks
  }

  private static func write(_ text: String, to descriptor: FileDescriptor = .standardOutput) {
    // A reader that has gone away is not worth a message.
    _ = try? descriptor.writeAll(text.utf8)
  }
}

extension KernelTier: ExpressibleByArgument {
  /// The tier of a name.
  public init?(argument: String) {
    guard let tier = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = tier
  }

  /// The names of all tiers.
  public static var allValueStrings: [String] { allCases.map(\.name) }
}
