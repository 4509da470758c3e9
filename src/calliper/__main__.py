"""`python -m calliper` is the command line."""

from calliper.cli.main import main

if __name__ == "__main__":
    main()
