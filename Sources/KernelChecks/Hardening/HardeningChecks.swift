extension KernelCheck {
  static let hardening: [KernelCheck] = [
    disabledRing, restrictedRequests, restrictedFlags, restrictedRegistrations,
    restrictionsOnce, enablerIsIssuer, ringClosedOnExec,
  ]
}
