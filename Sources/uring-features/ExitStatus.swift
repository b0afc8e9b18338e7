// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How the command ends.
enum ExitStatus: Int32 {
  /// What was asked for is there.
  case met = 0
  /// It is not, or there is no ring at all.
  case notMet = 1
  /// The command line is wrong.
  case usage = 2
}

/// Ends the process.
func exit(_ status: ExitStatus) -> Never {
  Glibc.exit(status.rawValue)
}
