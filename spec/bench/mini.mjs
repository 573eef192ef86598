import { fork, spawn } from 'node:child_process';
const rs=spawn('redis-server',['--port','6398','--save','','--bind','127.0.0.1'],{stdio:'ignore'});
await new Promise(r=>setTimeout(r,500));
const redisUrl='redis://127.0.0.1:6398';
const all={bare:{contender:'bare',options:{tokens:1000}},redis:{contender:'ours',options:{store:'redis',redisUrl,tokens:1000}},redis1:{contender:'ours',options:{store:'redis',redisUrl,tokens:1}},memory:{contender:'ours',options:{store:'memory',tokens:1000}},embedded:{contender:'ours',options:{store:'embedded',tokens:1000}},fastmcp:{contender:'fastmcp',options:{tokens:1000}}};
const names=process.argv[2].split(',');
const sides={};
for(const n of names){const c=fork('spec/bench/side.ts',[JSON.stringify([all[n]])],{execArgv:['--expose-gc','--import','./spec/support/run-typescript.js',...(process.env.PROF===n?['--cpu-prof','--cpu-prof-dir=/tmp/prof']:[])],env:{...process.env,BENCH_PEERS:'/tmp/wt/lead/node_modules/.cache/bench-peers'}});
 await new Promise(r=>c.once('message',r)); sides[n]=c;}
const ask=(c,m)=>new Promise((r,j)=>{c.once('message',x=>x?.error?j(new Error(x.error)):r(x));c.send(m)});
const sums={};
const R=+process.argv[3]||12, runs=+process.argv[4]||4000;
for(let r=0;r<R+2;r++) for(const n of names){const {cpuUs}=await ask(sides[n],{ask:'burst',of:0,runs}); if(r>1)(sums[n]??=[]).push(cpuUs);}
const med=a=>a.sort((x,y)=>x-y)[a.length>>1];
const b=med(sums.bare);
for(const n of names) console.log(n.padEnd(10),med(sums[n]).toFixed(1),'us',(med(sums[n])/b).toFixed(3));
for(const n of names) sides[n].send({ask:'stop'});
rs.kill();
