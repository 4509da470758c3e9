"""The page: a study from uploaded files to its report, in a browser, on this machine alone.

    server.py     the application and its routes' order       sessions.py  one-time links, cookies, workspaces, expiry
    guard.py      hosts, origins, headers, size of requests   studies.py   a study's folder, its files and its state
    uploads.py    what may be uploaded                        edit.py      changes of study.yaml and of mappings
    runs.py       runs in processes of their own              worker.py    such a process
    screens/      one file a step                             templates/   what it shows; static/ style and scripts
    words.py      the page in English and Chinese             curves.py    survival curves to look at closely

It edits the same study.yaml that the command line runs. It listens on 127.0.0.1 and asks nothing of a network.
"""
