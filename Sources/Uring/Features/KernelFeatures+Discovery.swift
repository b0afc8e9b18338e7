// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Synchronization

extension KernelFeatures {
  private static let discovered = Mutex<KernelFeatures?>(nil)

  /// Features of the running kernel, less those that the environment hides.
  ///
  /// The kernel is asked, its version is never read: by IORING_REGISTER_QUERY where it is known,
  /// by one small ring that is set up, tried and closed elsewhere. The answer is kept.
  ///
  /// - Returns: The features; never those named by ``hidingVariable``.
  /// - Throws: ``RingSetupError`` where the small ring cannot be made.
  ///
  /// The corresponding C functions are `io_uring_register`, `io_uring_get_probe_ring`.
  public static func discover() throws(RingSetupError) -> KernelFeatures {
    try discovered.withLock { (known: inout sending KernelFeatures?) throws(RingSetupError) in
      if let known { return known }
      try requireKnownNames()
      let hidden = hiddenByEnvironment
      let listed = hidden.contains(.query) ? nil : askByQuery()
      let answer = if let listed { listed } else { try askByTrial() }
      let features = answer.subtracting(hidden)
      known = features
      return features
    }
  }

  /// Features that the kernel lists, without a ring; `nil` where it knows no query (before Linux 6.18).
  static func askByQuery() -> KernelFeatures? {
    var answer = curing_query_opcodes()
    guard unsafe curing_query(&answer) == 0 else { return nil }
    let lists = { (feature: KernelFeature) in
      switch feature.evidence {
      case .setupFlag(let flag): answer.setup_flags & UInt64(flag.rawValue) != 0
      case .featureBit(let bit): answer.features & UInt64(bit.rawValue) != 0
      case .opcode(let opcode): opcode < answer.request_operation_count
      case .registration(let opcode): opcode < answer.register_operation_count
      case .trial: true
      }
    }
    return KernelFeatures(KernelFeature.allCases.filter(lists))
  }

  /// Features that a small ring shows.
  ///
  /// - Throws: ``RingSetupError`` where it cannot be made.
  static func askByTrial() throws(RingSetupError) -> KernelFeatures {
    // The best set of flags does not need COOP_TASKRUN, but takes it.
    let best = SetupFlags.ladder.first?.union(.coopTaskrun) ?? []
    let configuration = RingConfiguration(
      submissionEntryCount: 16, completionEntryCount: 32,
      flagLadder: [best] + SetupFlags.ladder)
    var ring = try Ring(configuration, hiding: [])
    let opcodes = ring.probeOpcodes()
    let registrations = ring.tryRegistrations()
    let requests = try ring.tryRequests()
    let shows = { (feature: KernelFeature) in
      switch feature.evidence {
      case .setupFlag(let flag): ring.flags.isSuperset(of: flag)
      case .featureBit(let bit): ring.features.isSuperset(of: bit)
      case .opcode(let opcode): opcodes.contains(opcode)
      case .registration, .trial: registrations.contains(feature) || requests.contains(feature)
      }
    }
    var features: KernelFeatures = []
    for feature in KernelFeature.allCases where shows(feature) { features.insert(feature) }
    return features
  }
}
