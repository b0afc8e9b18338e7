// SPDX-License-Identifier: Apache-2.0

public import Uring

/// One behaviour of the kernel that the library relies on, or has to know of, as something to try.
public struct KernelCheck: Sendable {
  /// A short name, such as `accept-multishot`.
  public let name: String
  /// The behaviour's subject.
  public let theme: Theme
  /// The behaviour, in a sentence.
  public let title: String
  /// The first Linux release that behaves so, for people to read; nothing is decided by it.
  public let introducedIn: String
  /// The library's way where the kernel does not behave so.
  public let withoutIt: String
  /// The lowest tier that relies on the behaviour; `nil` where none does.
  public let tier: KernelTier?
  /// Features without which the behaviour cannot be tried.
  public let features: KernelFeatures
  private let behaviour: @Sendable (CheckContext) throws(Finding) -> Void

  /// The subject of a behaviour.
  public enum Theme: String, CaseIterable, Hashable, Sendable {
    case sockets, buffers, timers, cancellation, waiting, descriptors, messages, limits, hardening
  }

  init(
    _ name: String, _ theme: Theme, _ title: String, since introducedIn: String,
    without withoutIt: String, tier: KernelTier? = nil, needs features: KernelFeatures = [],
    behaves behaviour: @escaping @Sendable (CheckContext) throws(Finding) -> Void
  ) {
    self.name = name
    self.theme = theme
    self.title = title
    self.introducedIn = introducedIn
    self.withoutIt = withoutIt
    self.tier = tier
    self.features = features
    self.behaviour = behaviour
  }

  /// Tries the behaviour on rings and sockets of its own, in the calling process.
  ///
  /// On a thread of its own, because a ring belongs to a thread and some checks give up
  /// capabilities or the shared table of descriptors. Every wait has an end, so a check has one.
  ///
  /// - Returns: What was found.
  public func run() -> CheckResult {
    do throws(Finding) {
      try requireFeatures()
      return .behaves(try CheckThread.run(behaviour))
    } catch {
      return CheckResult(error)
    }
  }

  private func requireFeatures() throws(Finding) {
    let known: KernelFeatures
    do throws(RingSetupError) {
      known = try KernelFeatures.discover()
    } catch {
      throw .absent("\(error)")
    }
    let hidden = KernelFeatures.hiddenByEnvironment
    for feature in features.all where !known.contains(feature) {
      throw .absent(
        hidden.contains(feature)
          ? "\(feature.rawValue) is hidden by \(KernelFeatures.hidingVariable)"
          : "the kernel has no \(feature.rawValue)")
    }
  }
}
