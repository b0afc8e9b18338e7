// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage

extension Ring {
  /// Asks the kernel for a ring, with one set of flags after another.
  ///
  /// - Returns: The ring's descriptor; `parameters` as the kernel filled them in.
  static func setUp(
    _ configuration: RingConfiguration, _ parameters: inout curing_kernel_params
  ) throws(RingSetupError) -> Int32 {
    // What a ring may do can be limited only before it does anything (Linux 5.10).
    let start: SetupFlags = configuration.restriction == nil ? [] : .startsDisabled
    for flags in configuration.flagLadder.map({ $0.union(start) }) {
      let answer = setUp(
        flags, submissionEntryCount: configuration.submissionEntryCount,
        completionEntryCount: configuration.completionEntryCount, &parameters)
      if answer >= 0 { return answer }
      // EINVAL is an unknown flag; any other answer is the same for every set.
      let refusal = Errno(rawValue: -answer)
      guard refusal == .invalidArgument else { throw .diagnose(refusal) }
    }
    throw diagnoseRefusal(of: configuration)
  }

  private static func setUp(
    _ flags: SetupFlags, submissionEntryCount: UInt32, completionEntryCount: UInt32,
    _ parameters: inout curing_kernel_params
  ) -> Int32 {
    parameters = curing_kernel_params()
    parameters.flags = flags.rawValue
    if flags.contains(.completionQueueSize) { parameters.cq_entries = completionEntryCount }
    return unsafe io_uring_setup(submissionEntryCount, &parameters)
  }

  /// Tells refused sizes from refused flags: a field that explains it, or else the plainest flags
  /// with sizes that are always right.
  private static func diagnoseRefusal(of configuration: RingConfiguration) -> RingSetupError {
    if let mistake = configuration.mistake { return mistake }
    let flags = configuration.flagLadder.last ?? []
    guard refuses(flags) else { return .diagnose(.invalidArgument) }
    // Some flags are of use with others only, and refused alone; then all of them are named.
    let refused = flags.parts.filter(refuses)
    let names = (refused.isEmpty ? flags.parts : refused).map(\.kernelName)
    return RingSetupError(
      errno: .invalidArgument, reason: .kernelTooOld(missing: names.joined(separator: ", ")))
  }

  private static func refuses(_ flags: SetupFlags) -> Bool {
    var parameters = curing_kernel_params()
    let answer = setUp(flags, submissionEntryCount: 1, completionEntryCount: 2, &parameters)
    if answer >= 0 { try? FileDescriptor(rawValue: answer).close() }
    return answer == -Errno.invalidArgument.rawValue
  }
}
