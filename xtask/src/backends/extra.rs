//! Servers whose tests are left out where they cannot be had.

use super::{Cache, Need, install, libraries, python, testing};

/// A server whose tests, those in some modules, are left out where it cannot be had.
#[derive(Debug)]
pub(super) struct Extra {
    /// The modules of its tests.
    tests: &'static [&'static str],
    program: &'static str,
    source: Source,
    /// Too large to be fetched unless everything is asked for.
    is_large: bool,
}

#[derive(Debug)]
enum Source {
    /// A Debian package, installed with all that it depends on, as it does not work unpacked.
    Installed { package: &'static str },
    /// Debian's release `testing`.
    Testing {
        package: &'static str,
        program: &'static str,
    },
    /// Packages of this release, which run unpacked with what they depend on.
    Libraries {
        packages: &'static [&'static str],
        program: &'static str,
        /// The variable that tells of the directory of its modules, and its name.
        modules: (&'static str, &'static str),
    },
    /// What pip is told to install, one time after the other, and Python that prints where its program lies.
    Python {
        installed: &'static [&'static [&'static str]],
        locate: &'static str,
    },
}

/// What some tests need.
pub(super) const EXTRAS: &[Extra] = &[
    Extra {
        tests: &["postgres"],
        program: "postgres",
        source: Source::Installed {
            package: "postgresql",
        },
        is_large: false,
    },
    Extra {
        tests: &["mariadb"],
        // The server itself has no option that ends it well.
        program: "mariadb-install-db",
        source: Source::Installed {
            package: "mariadb-server",
        },
        is_large: false,
    },
    Extra {
        tests: &["redis"],
        program: "redis-server",
        source: Source::Installed {
            package: "redis-server",
        },
        is_large: false,
    },
    Extra {
        tests: &["clock_jumps"],
        program: "faketime",
        source: Source::Installed {
            package: "faketime",
        },
        is_large: false,
    },
    Extra {
        tests: &["prometheus_3"],
        program: "prometheus-3",
        source: Source::Testing {
            package: "prometheus",
            program: "prometheus",
        },
        is_large: false,
    },
    Extra {
        tests: &["rotel"],
        program: "rotel-agent",
        source: Source::Python {
            installed: &[&["rotel==0.0.1a15"]],
            locate: "import rotel; print(rotel.__path__[0] + '/rotel-agent')",
        },
        is_large: false,
    },
    Extra {
        tests: &["bugsink"],
        program: "bugsink-manage",
        source: Source::Python {
            // It wants a newer `certifi` than there was when it came out, so that its dependencies are named here.
            installed: &[
                &[
                    "Brotli==1.2.*",
                    "certifi",
                    "Django==5.2.*",
                    "django-admin-autocomplete-filter==0.7.*",
                    "django-tailwind==4.2.*",
                    "djangorestframework==3.18.*",
                    "drf-spectacular[sidecar]",
                    "ecma426>=0.2.0",
                    "fastjsonschema==2.22.*",
                    "gunicorn==26.2.*",
                    "inotify_simple==2.0.*",
                    "jsonschema==4.26.*",
                    "monofy==1.2.*",
                    "pygments==2.21.*",
                    "python-dateutil==2.9.*",
                    "requests==2.34.*",
                    "semver==3.1.*",
                    "sentry-relay==0.10.1",
                    "sentry-sdk==2.*",
                    "symbolic==8.7.2",
                    "user-agents==2.2.*",
                    "verbose_csrf_middleware==5.2.*",
                    "whitenoise==6.12.*",
                ],
                &["--no-deps", "bugsink==2.6.2"],
            ],
            locate: "import sys; print(sys.prefix + '/bin/bugsink-manage')",
        },
        is_large: false,
    },
    Extra {
        tests: &["elasticsearch"],
        program: "noida-db",
        source: Source::Python {
            installed: &[&["noida-db==0.2.3"]],
            locate: "import noida_db; print(noida_db.__path__[0] + '/noida-db')",
        },
        is_large: false,
    },
    Extra {
        tests: &["elasticsearch::rsyslog", "syslog_daemon"],
        program: "rsyslogd-elasticsearch",
        source: Source::Libraries {
            packages: &["rsyslog", "rsyslog-elasticsearch"],
            program: "usr/sbin/rsyslogd",
            modules: ("RSYSLOG_MODDIR", "rsyslog"),
        },
        is_large: false,
    },
    Extra {
        tests: &["phoenix"],
        program: "phoenix",
        source: Source::Python {
            installed: &[&["arize-phoenix==20.26.1"]],
            locate: "import sys; print(sys.prefix + '/bin/phoenix')",
        },
        is_large: true,
    },
];

impl Extra {
    /// The modules of its tests, if they are to be left out: as it is too large unless `all` is asked for, or cannot be had.
    pub(super) fn left_out(&self, cache: &Cache, all: bool) -> &'static [&'static str] {
        if self.is_large && !all {
            println!("left out without --all: the tests with {}", self.program);
            return self.tests;
        }
        let need = Need::program(self.program, self.program);
        if need.is_met(cache) {
            return &[];
        }
        println!("fetching {}", self.program);
        match self.fetch(cache) {
            Ok(()) if need.is_met(cache) => &[],
            Ok(()) => self.not_to_be_had("it does not start here"),
            Err(error) => self.not_to_be_had(&format!("{error:#}")),
        }
    }

    fn fetch(&self, cache: &Cache) -> anyhow::Result<()> {
        match self.source {
            Source::Installed { package } => install::install(&[package]),
            Source::Testing { package, program } => {
                testing::fetch(cache, package, program, self.program)
            }
            Source::Libraries {
                packages,
                program,
                modules,
            } => libraries::fetch(cache, packages, program, modules, self.program),
            Source::Python { installed, locate } => {
                python::fetch(cache, installed, locate, self.program)
            }
        }
    }

    fn not_to_be_had(&self, reason: &str) -> &'static [&'static str] {
        println!(
            "LEFT OUT: the tests with {}, which cannot be had here: {reason}",
            self.program
        );
        self.tests
    }
}
