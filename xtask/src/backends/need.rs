//! A program or Python module, and the Debian package that has it.

use std::process::Command;

use super::Cache;
use crate::process::silently;

/// Something that must be there.
#[derive(Debug)]
pub(crate) struct Need {
    kind: Kind,
    package: &'static str,
    unpacks: bool,
}

#[derive(Debug)]
enum Kind {
    Program(&'static str),
    PythonModule(&'static str),
}

impl Need {
    /// The program `name` of a Debian `package`.
    pub(crate) const fn program(name: &'static str, package: &'static str) -> Self {
        Self {
            kind: Kind::Program(name),
            package,
            unpacks: true,
        }
    }

    /// The Python module `name` of a Debian `package`.
    pub(crate) const fn python_module(name: &'static str, package: &'static str) -> Self {
        Self {
            kind: Kind::PythonModule(name),
            package,
            unpacks: true,
        }
    }

    /// The package works only installed, not unpacked.
    pub(crate) const fn only_installed(self) -> Self {
        Self {
            unpacks: false,
            ..self
        }
    }

    /// The Debian package.
    pub(crate) fn package(&self) -> &'static str {
        self.package
    }

    /// Whether the package works unpacked anywhere.
    pub(crate) fn unpacks(&self) -> bool {
        self.unpacks
    }

    /// Whether the program starts, or the module can be imported: being there is not enough where a library lacks.
    pub(crate) fn is_met(&self, cache: &Cache) -> bool {
        let (mut command, worst) = match self.kind {
            // Some programs end with 1 or 2 after their usage; a missing library is 127.
            Kind::Program(name) => {
                let mut command = equipped(cache, name, &["-h"]);
                // One in Python brings modules of its own.
                command.env_remove("PYTHONPATH");
                (command, 2)
            }
            Kind::PythonModule(name) => {
                let import = format!("import {name}");
                (equipped(cache, "python3", &["-c", &import]), 0)
            }
        };
        silently(&mut command).is_some_and(|code| code <= worst)
    }
}

fn equipped(cache: &Cache, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    cache.equip(&mut command);
    command.args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use crate::workspace::Workspace;

    use super::*;

    #[test]
    fn a_program_of_the_system_meets_the_need_and_one_that_is_nowhere_does_not() {
        let cache = Cache::of(&Workspace {
            root: "/nowhere".into(),
            packages: Vec::new(),
        });
        assert!(Need::program("cargo", "cargo").is_met(&cache));
        assert!(!Need::program("steeple-nowhere", "nowhere").is_met(&cache));
        assert!(!Need::python_module("steeple_nowhere", "nowhere").is_met(&cache));
    }
}
