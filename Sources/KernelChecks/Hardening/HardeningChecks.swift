// SPDX-License-Identifier: Apache-2.0

extension KernelCheck {
  static let hardening: [KernelCheck] = [
    disabledRing, restrictedRequests, restrictedFlags, restrictedRegistrations,
    restrictionsOnce, enablerIsIssuer, ringClosedOnExec,
  ]
}
