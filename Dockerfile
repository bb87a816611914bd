# Palimpsest with Ray, as the nodes of a cluster run it: docker build -t palimpsest .
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends make=4.* \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /palimpsest
# Packages and fonts first: they change less often than the program.
COPY Makefile requirements.lock requirements-cluster.lock package.json package-lock.json ./
RUN make env-cluster

COPY . .
# Login shells, as `ray up` opens them, begin with a path of their own.
RUN echo "PATH=/palimpsest/.venv/bin:\$PATH" > /etc/profile.d/palimpsest.sh
RUN useradd --create-home --uid 1000 reader && chown 1000 /palimpsest /palimpsest/experiments
USER 1000
ENV PATH=/palimpsest/.venv/bin:$PATH PYTHONUNBUFFERED=1
CMD ["python", "main.py", "--help"]
