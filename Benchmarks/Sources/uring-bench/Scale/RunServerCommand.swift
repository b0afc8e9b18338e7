// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import Glibc

/// The hidden verb `run-server`: becomes another program that ends when its parent does, because
/// posix_spawn(3) cannot ask for that.
struct RunServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run-server", abstract: "Become a server that ends with its parent.",
    shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough) var command: [String]

  func run() throws {
    // Survives execve(2), other than of a set-user-ID program.
    _ = clinux_signal_on_parent_death(SIGKILL)
    DescriptorLimit.raise()
    var vector = unsafe command.map { unsafe strdup($0) }
    unsafe vector.append(nil)
    unsafe execvp(command[0], vector)
    throw SystemFailure("run \(command[0])")
  }
}
